// One socket per page. The server sends {"nudge": topic} or {"html": out-of-band fragments}.
// Elements refetch themselves: hx-trigger="nudge:session.81 from:body, live:refresh from:body, poll from:body";
// costly ones say nudge-2s: or nudge-5s: (not throttle, with which htmx forgets the news that comes meanwhile).
(() => {
  const PACES_MS = { nudge: 500, "nudge-2s": 2000, "nudge-5s": 5000 }, BADGE_AFTER_MS = 3000, POLL_MS = 15000, PAUSED_AFTER_MS = 60000, MAX_BACKOFF_MS = 20000;
  const body = document.body, { liveUrl, liveToken } = body.dataset;
  const send = (name) => body.dispatchEvent(new CustomEvent(name));

  // --- ages keep counting, with or without a socket
  const words = (document.documentElement.dataset.agoWords || "").split("|");
  const countAges = () => {
    for (const element of document.querySelectorAll("time[data-ago]")) {
      const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(element.dateTime)) / 1000));
      const [value, word] = seconds < 60 ? [seconds, words[0]] : seconds < 3600 ? [Math.floor(seconds / 60), words[1]] : [Math.floor(seconds / 3600), words[2]];
      if (seconds < 86400 && word) element.textContent = word.replace("%", value);
    }
  };
  setInterval(countAges, 1000);

  const badge = document.querySelector("[data-live-badge]");
  if (!liveUrl || !("WebSocket" in window)) {
    if (badge) badge.hidden = true;
    return;
  }

  // --- badge: Live, Reconnecting (n s), Paused
  const show = (state, seconds) => {
    for (const one of document.querySelectorAll("[data-live-badge]")) {
      one.dataset.state = state;
      const word = one.querySelector("[data-live-word]"), text = one.dataset["word" + state[0].toUpperCase() + state.slice(1)];
      const shown = text + (seconds ? ` (${seconds} s)` : "");
      if (text && word.textContent !== shown) word.textContent = shown;
    }
  };

  // --- nudges are merged: at once after a rest, else when the pace allows, and the last is always told
  const paced = Object.entries(PACES_MS).map(([name, apartMs]) => {
    const waiting = new Set();
    let timer = 0, toldAt = 0;
    const flush = () => {
      timer = 0;
      toldAt = Date.now();
      for (const topic of waiting) send(`${name}:${topic}`);
      waiting.clear();
    };
    return (topic) => {
      waiting.add(topic);
      timer = timer || setTimeout(flush, Math.max(0, toldAt + apartMs - Date.now()));
    };
  });
  const nudge = (topic) => paced.forEach((tell) => tell(topic));

  // --- shared fragments: swapped by id, never under the focus
  const swap = (html) => {
    const box = document.createElement("template");
    box.innerHTML = html;
    for (const piece of [...box.content.children]) {
      const old = piece.id && document.getElementById(piece.id);
      if (!old || old.contains(document.activeElement)) piece.remove();
    }
    if (box.innerHTML.trim() && window.htmx) window.htmx.swap("body", box.innerHTML, { swapStyle: "none" });
  };

  // The server answers any frame, so silence after a ping means that the link is dead.
  const PING_MS = 25000, DEAD_MS = 40000, BAD_TOKEN = 4403;
  let socket, failures = 0, lostAt = 0, heardAt = 0, wasOpen = false;
  const jitter = (ms) => ms * (0.75 + Math.random() / 2);

  const connect = () => {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(`${scheme}//${location.host}${liveUrl}?topics=${encodeURIComponent(liveToken)}`);
    socket.onopen = () => {
      failures = lostAt = 0;
      heardAt = Date.now();
      show("live");
      // The first time too, when the page stands: something may have happened since it was made.
      if (wasOpen) send("live:refresh");
      else setTimeout(() => send("live:refresh"), jitter(1000));
      wasOpen = true;
    };
    socket.onmessage = (event) => {
      heardAt = Date.now();
      const message = JSON.parse(event.data);
      if (message.nudge) [].concat(message.nudge).forEach(nudge);
      if (message.html) swap(message.html);
    };
    socket.onclose = (event) => {
      lostAt = lostAt || Date.now();
      if (event.code === BAD_TOKEN) { lostAt = Date.now() - PAUSED_AFTER_MS - 1; return; }
      failures += 1;
      setTimeout(connect, jitter(Math.min(MAX_BACKOFF_MS, 500 * 2 ** Math.min(failures, 6))));
    };
  };

  setInterval(() => {
    const lost = lostAt && Date.now() - lostAt;
    if (lost > PAUSED_AFTER_MS) show("paused");
    else if (lost > BADGE_AFTER_MS) show("reconnecting", Math.round(lost / 1000));
  }, 1000);

  setInterval(() => {
    if (!socket || socket.readyState !== WebSocket.OPEN) return;
    if (Date.now() - heardAt > DEAD_MS) socket.close();
    else socket.send("");
  }, PING_MS);

  const poll = () => {
    if (lostAt && !document.hidden) send("poll");
    setTimeout(poll, jitter(POLL_MS));
  };
  setTimeout(poll, jitter(POLL_MS));
  addEventListener("pagehide", () => { if (socket) { socket.onclose = null; socket.close(); } });
  addEventListener("pageshow", (event) => { if (event.persisted) { connect(); send("live:refresh"); } });
  connect();
})();
