"""The outside world: virtual charging stations, and a stand-in for the payment provider.

They are other parties. Nothing of the server is imported here, so that one misreading of a
specification cannot hide in both ends; of the `ocpp` package only the published schemas are used.

From the command line
---------------------
    python -m simulator stations --url ws://127.0.0.1:9000/ocpp --scenario evening_rush --seed 7
    python -m simulator stations --scenario today --state var/town.json      goes on where it stopped
    python -m simulator stations --count 200 --password … --scenario quiet   plain stations as well
    python -m simulator stripe --help

`--town FILE` reads another town (the members are the dataclasses in `stations/town.py` and
`stations/spec.py`; `town.json` is the example). `--speed 60` lets cars live faster while timestamps
stay true. `--no-obliging`: no car comes for a remote start. `--no-conditions`: nothing is broken.

In a test, on a real socket
---------------------------
    from simulator.stations import CATALOG, EvseSpec, LiveStation, StationSpec, Vehicle

    spec = StationSpec(identity="CP-1", version="2.0.1", evses=(EvseSpec(number=1),))
    async with LiveStation(url, spec, password, speed=20) as station:
        await station.plug_in(1, Vehicle(spec=CATALOG["Compact"], soc_percent=20))
        await station.tap("04A1B2C3", 1)
        await station.until(lambda it: it.energy_wh(1) > 1_000)
        await station.act(lambda core, now: core.mischief.repeat("TransactionEvent"))
        await station.unplug(1)
        await station.until_settled()            # everything said has been acknowledged
        assert station.said("TransactionEvent")[-1]["eventType"] == "Ended"

`speed` charges faster than physics; whoever compares energy with time will doubt more than about
2 kWh. `clock=FastClock(two_hours_ago, 720)` instead lets the whole station live in fast time:
truthful timestamps that end about now.

In virtual time, without any socket
-----------------------------------
`Station` is the sans-I/O core: `advance(now)`, `receive(text, now)` and the acts of the world
(`plug_in`, `unplug`, `tap`, …) return or queue texts; `next_due_at` says when to come back.
`VirtualStation(station, exchange)` couples it to a function `(frame_text, now) -> [frame_text, …]`,
`play` runs many of them in the order of time, and `snapshot.take` keeps what a station remembers, from
which the live town goes on (`fleet.write_state`). Equal seeds and births give equal texts.

The rooms of `simulator/stations/`
----------------------------------
    spec, settings, words     values
    firmware, images, logs, keys, known_tokens, networks, power, upkeep
                              what an operator asks of a station besides charging
    errands, carrier          files fetched and handed in: the core asks, a shell goes
    vehicles, profiles, supply, evse, cabinet, keeping      the body: no protocol, no socket
    link, frames, schemas     one conversation: a queue, one call in flight, retries
    dialects/v16, v201, v21   what is said and heard in each version
    station, reader, aligned, mischief, clock               the core put together
    virtual, snapshot                                       virtual time
    shell, live, backoff, obliging, fleet                   real sockets
    town, demand, visits, scenarios                         who lives there, who comes when

On request things fail: a station's `mischief` knows `fail_update("download" | "signature" | "install")`,
`fail_upload`, `lose_power`, `go_offline` and more; a town file names them in `"mischief": [...]`.

TLS: `LiveStation(url, spec, password, tls_url="wss://…", trust=PEM)`; security profiles 2 and 3 go to
`tls_url`, and 3 shows the certificate that the station has asked for and been given.

Not simulated: ISO 15118 (plug and charge), several connectors on one EVSE, local controllers, what 2.1
adds beyond 2.0.1 (it answers those requests, and says that it has none of it).
"""
