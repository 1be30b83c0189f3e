// The map is the twin of the list: pins come from [data-pin] cards, the list stays usable without it.
// Base map: tiles when data-tiles is set, else the drawing of the town (data-town, data-light, data-dark).
(() => {
  const box = document.getElementById("map");
  if (!box) return;
  const root = document.documentElement;
  const darkQuery = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : darkQuery.matches);
  const svgIcon = (name) => `<svg class="ic" aria-hidden="true"><use href="${root.dataset.sprite}#${name}"/></svg>`;
  let map, base, layer;

  const drawBase = () => {
    if (base) base.remove();
    base = L.imageOverlay(isDark() ? box.dataset.dark : box.dataset.light, JSON.parse(box.dataset.bounds), { alt: "" }).addTo(map);
  };

  const addTiles = () => L.tileLayer(box.dataset.tiles, { attribution: box.dataset.attribution, maxZoom: 19 }).addTo(map);

  const addLabels = () => {
    for (const [text, at] of JSON.parse(box.dataset.labels || "[]")) {
      const element = document.createElement("span");
      element.textContent = text;
      L.marker(at, { interactive: false, keyboard: false, icon: L.divIcon({ className: "place", html: element, iconSize: [120, 16] }) }).addTo(map);
    }
  };

  const addPin = (card) => {
    const { lat, lng, pin, pinLabel, pinUrl, best } = card.dataset;
    const drawn = card.querySelector("[data-pin-shape]");
    const shape = drawn.firstElementChild.cloneNode(true);
    if (best !== undefined) shape.classList.add("sel");
    const marker = L.marker([lat, lng], {
      keyboard: true, title: pinLabel, riseOnHover: true, zIndexOffset: best !== undefined ? 900 : 0,
      icon: L.divIcon({ className: "", iconSize: [0, 0], html: shape }),
    }).addTo(layer);
    const element = marker.getElement();
    element.setAttribute("role", "link");
    element.setAttribute("aria-label", pinLabel);
    const go = () => location.assign(pinUrl);
    marker.on("click", go);
    element.addEventListener("keydown", (event) => { if (event.key === "Enter") go(); });
    return [Number(lat), Number(lng)];
  };

  // A redraw keeps the focus on its pin, and moves the view only when other places are shown than before.
  let shown = "";
  const drawPins = () => {
    const focused = document.activeElement?.closest(".leaflet-marker-icon")?.getAttribute("aria-label");
    layer.clearLayers();
    const cards = [...document.querySelectorAll("[data-pin]")], points = cards.map(addPin);
    const places = cards.map((card) => card.dataset.pinUrl).sort().join();
    if (places !== shown) { shown = places; fit(points); }
    if (focused) layer.eachLayer((pin) => { if (pin.options.title.split(",")[0] === focused.split(",")[0]) pin.getElement().focus(); });
  };

  const fit = (points) => {
    if (!points.length) return map.setView(JSON.parse(box.dataset.center), 14);
    const wide = matchMedia("(min-width: 900px)").matches, plain = box.dataset.plain !== undefined;
    const top = plain ? 50 : wide ? 90 : 160;
    map.fitBounds(L.latLngBounds(points), { paddingTopLeft: [46, top], paddingBottomRight: [46, 50], maxZoom: 15, animate: false });
  };

  const start = () => {
    map = L.map(box, { zoomControl: false, zoomSnap: 0.25, minZoom: 11, maxZoom: 18 });
    map.attributionControl.setPrefix(false);
    map.setView(JSON.parse(box.dataset.center), 14);
    if (box.dataset.tiles) addTiles();
    else {
      map.attributionControl.addAttribution(box.dataset.attribution);
      drawBase();
      addLabels();
      darkQuery.addEventListener("change", drawBase);
      document.addEventListener("themechange", drawBase);
    }
    L.control.zoom({ position: "bottomright", zoomInText: svgIcon("plus"), zoomOutText: svgIcon("minus"), zoomInTitle: box.dataset.zoomIn, zoomOutTitle: box.dataset.zoomOut }).addTo(map);
    layer = L.layerGroup().addTo(map);
    drawPins();
    document.addEventListener("htmx:afterSettle", drawPins);
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(box);
    box.dataset.ready = "";
  };

  addEventListener("load", () => ("requestIdleCallback" in window ? requestIdleCallback(start, { timeout: 800 }) : setTimeout(start, 50)));
})();
