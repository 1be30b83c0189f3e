"""Why a handshake failed, in words, and what to do about it: for people on site, not for experts."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ocpp_bridge.models import FailedHandshake, FailedLine

Reason = FailedHandshake.Reason


class Advice(NamedTuple):
    """What happened, and what to do."""

    what: str | Promise
    todo: str | Promise


ADVICE: Final[dict[str, Advice]] = {
    Reason.UNKNOWN_IDENTITY: Advice(
        _("No charger has this identity."),
        _("Compare it letter by letter with the identity set in the charger, or add the charger here."),
    ),
    Reason.UNREADABLE_IDENTITY: Advice(
        _("The address ends with nothing that can be an identity."),
        _("Set an identity of at most 48 characters without a colon; the address must end with it."),
    ),
    Reason.UNKNOWN_NETWORK: Advice(
        _("The address names a network that does not exist."),
        _("Correct the address in the charger: the part before its identity is the network's short name."),
    ),
    Reason.NO_PASSWORD: Advice(
        _("The charger sent no password."),
        _("Set the password in the charger (1.6: AuthorizationKey) and its security profile to 1 or 2."),
    ),
    Reason.OTHER_USERNAME: Advice(
        _("The user name that it sent is not its identity."),
        _("Set the user name in the charger to exactly its identity, or leave it empty there."),
    ),
    Reason.WRONG_PASSWORD: Advice(
        _("The password is wrong."),
        _("Set it again in the charger. If it is lost, make a new one here: the old one is not kept."),
    ),
    Reason.NO_COMMON_VERSION: Advice(
        _("It offers no version of OCPP that is spoken here."),
        _("Switch the charger to OCPP-J 1.6, 2.0.1 or 2.1; SOAP and older versions are not spoken."),
    ),
    Reason.REJECTED: Advice(
        _("An operator turned this charger away."),
        _("Let it wait again on the page of new chargers, if that was a mistake."),
    ),
    Reason.WAITING_ROOM_FULL: Advice(
        _("Too many chargers wait to be adopted."),
        _("Adopt or turn away some of those that wait; it comes again by itself."),
    ),
    Reason.NOT_ENCRYPTED: Advice(
        _("It came without TLS, and its security profile demands it."),
        _("Set an address that begins with wss:// in the charger, and its security profile accordingly."),
    ),
    Reason.UNSECURED: Advice(
        _("It came without any password, and this network does not allow that."),
        _("Set a password in the charger; or allow chargers without one for the whole network."),
    ),
    Reason.NO_CERTIFICATE: Advice(
        _("It showed no certificate, and its security profile demands one."),
        _("Set the charger to security profile 3, and give it a certificate of ours on site if it has none."),
    ),
    Reason.UNTRUSTED_CERTIFICATE: Advice(
        _("Its certificate is signed by somebody who is not trusted here."),
        _("Give it a certificate of ours, or add its maker's authority to the trusted ones."),
    ),
    Reason.EXPIRED_CERTIFICATE: Advice(
        _("Its certificate is not valid at this time."),
        _("Check the charger's clock. If the certificate has ended, allow it once to come and renew it."),
    ),
    Reason.REVOKED_CERTIFICATE: Advice(
        _("Its certificate was revoked."),
        _("If the charger is where it should be, give it a new certificate on site."),
    ),
    Reason.OTHER_CERTIFICATE: Advice(
        _("Its certificate belongs to another charger."),
        _("The name in the certificate must be this charger's identity or serial number. Were two swapped?"),
    ),
    Reason.OTHER_ORGANIZATION: Advice(
        _("Its certificate names another organization."),
        _("Set the organization in the charger as it is set here for certificates, and ask for a request."),
    ),
    Reason.OTHER_SERIAL: Advice(
        _("At start-up it told another serial number than its certificate."),
        _("The certificate was put into another charger. Give this one a certificate of its own."),
    ),
    Reason.UNKNOWN_PATH: Advice(
        _("It dialed an address that nobody is known by here."),
        _("If it comes from another system, add its path on the page “Moving in”; else correct its address."),
    ),
    Reason.PASSWORD_NOT_KNOWN: Advice(
        _("Its password is not known here yet."),
        _("Import its password, or let the network keep first passwords on the page “Moving in”."),
    ),
}


LINE_ADVICE: Final[dict[str, Advice]] = {
    FailedLine.Reason.NOT_TLS: Advice(
        _("It did not speak TLS on the port for TLS."),
        _("Set an address that begins with wss:// in the charger, or the port for plain connections."),
    ),
    FailedLine.Reason.OLD_TLS: Advice(
        _("It speaks only a version of TLS that is too old."),
        _("Update its firmware: TLS 1.2 is the least that is spoken here."),
    ),
    FailedLine.Reason.NO_COMMON_SUITE: Advice(
        _("It offers no cipher suite that is spoken here."),
        _(
            "See that the server has an ECDSA and an RSA certificate (BRIDGE_TLS_CERT and _CERT_2); "
            "else update the charger's firmware."
        ),
    ),
    FailedLine.Reason.UNTRUSTED_CERTIFICATE: Advice(
        _("Its certificate is signed by somebody who is not trusted here."),
        _("Give it a certificate of ours, or add its maker's authority to the trusted ones."),
    ),
    FailedLine.Reason.DISTRUSTS_US: Advice(
        _("It does not trust our certificate."),
        _(
            "Install the authority of our server's certificate in the charger, "
            "and see that its clock and the host name in its address are right."
        ),
    ),
    FailedLine.Reason.OTHER: Advice(
        _("TLS failed for another reason."),
        _(
            "Look up what OpenSSL says in the charger's manual, and look at its clock; "
            "a scan of the internet looks the same."
        ),
    ),
}


def advise_line(reason: str) -> Advice:
    return LINE_ADVICE[reason]


def advise(reason: str) -> Advice:
    return ADVICE[reason]
