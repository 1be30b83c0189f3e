"""A small pen for XML with prefixes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes elements named "prefix:Name" by the namespaces it knows; empty texts are left out."""

    namespaces: Mapping[str, str]

    def root(self, name: str) -> ElementTree.Element:
        for prefix, address in self.namespaces.items():
            ElementTree.register_namespace(prefix, address)
        return ElementTree.Element(self._name(name))

    def child(self, parent: ElementTree.Element, name: str) -> ElementTree.Element:
        return ElementTree.SubElement(parent, self._name(name))

    def path(self, parent: ElementTree.Element, *names: str) -> ElementTree.Element:
        """Nested elements; the innermost."""
        for name in names:
            parent = self.child(parent, name)
        return parent

    def text(self, parent: ElementTree.Element, name: str, text: object, **attributes: str) -> None:
        if str(text):
            element = self.child(parent, name)
            element.text = str(text)
            element.attrib.update(attributes)

    def _name(self, name: str) -> str:
        prefix, _, local = name.partition(":")
        return f"{{{self.namespaces[prefix]}}}{local}"


def as_bytes(root: ElementTree.Element) -> bytes:
    """The document in UTF-8 with its declaration."""
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written
