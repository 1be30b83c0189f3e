"""What OCPI leaves open, decided here and nowhere else. Pure.

1.  **Rounding.** Everything is exact until the end. The total with tax and the total tax are each
    rounded once, half up, to the currency's minor unit; the total without tax is their difference.
    Lines get whole minor units by largest remainder, so that they add up to the totals.
2.  **No energy, no start fee.** A session in which no energy flowed pays no FLAT component and is
    not lifted to the minimum price. Idle time is still paid.
3.  **FLAT is paid once**, at the price of the first element with a FLAT component that matches
    during the session.
4.  **Idle** (PARKING_TIME) is time in which the vehicle requests nothing. Time in which the
    station, our plan, a fault or a failed unlock holds power back is neither idle nor charging
    time; it is left out, and named.
5.  **Grace** (our extension `x_idle_grace_s`) is given to each unbroken block of idle time.
6.  **Step size** applies once to ENERGY and once to the last kind of paid time, to the session's
    total of that dimension, at the last component's price. An exact multiple adds no step.
7.  **Restrictions are all read at the instant itself**: with `day_of_week` FRIDAY and 22:00-06:00,
    Friday 02:00 matches and Saturday 02:00 does not. `start_time` equal to `end_time` is the whole
    day. An hour that the clock repeats in autumn counts twice, one that it skips counts never.
8.  **Within a period** energy flows evenly: where a price changes in the middle, it is cut in
    proportion. Power is the period's average unless the reading names it. A current that nobody
    measured satisfies every bound on current.
9.  **A maximum** is reached by discounting the highest taxed lines first; both of its limits hold.
    **A minimum** is reached by a line taxed like the largest line (or the first component). If both
    apply, the maximum wins. Limits with more digits than the currency are read in the payer's
    favor.
10. **Reservation** elements never price charging; a reservation has a bill of its own (`reserving`), to
    which no minimum and no maximum applies. Its fee is paid though nothing flows.
11. **Tax.** Without a `vat` percentage, or with "N/A", no tax is stated.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The two decisions that an operator may one day take otherwise."""

    flat_needs_energy: bool = True
    minimum_needs_energy: bool = True


POLICY = Policy()
