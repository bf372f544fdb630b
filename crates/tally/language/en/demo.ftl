# The demonstration.
demo-up = Two simulated servers are up, with an invented outbreak. Running the report a first time.
demo-again = Running it again: nothing changed, so nothing is pushed.
demo-keeps-running = The servers keep running; stop them with Ctrl-C.
demo-second-nothing =
    Second run: nothing pushed; { $unchanged ->
        [one] { $unchanged } value
       *[other] { $unchanged } values
    } unchanged.
demo-second =
    Second run: { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } pushed; { $unchanged ->
        [one] { $unchanged } value
       *[other] { $unchanged } values
    } unchanged.
demo-oracle-agrees =
    Oracle: an independent count of the invented outbreak expects { $expected ->
        [one] { $expected } value
       *[other] { $expected } values
    }, DHIS2 holds { $held }; they agree in every one.
demo-oracle-differs =
    Oracle: an independent count of the invented outbreak expects { $expected ->
        [one] { $expected } value
       *[other] { $expected } values
    }, DHIS2 holds { $held }; { $different } are NOT the same.
demo-took = All of it took { $secs } s.
demo-next = Try next:
demo-next-elsewhere = Try next, in another terminal:
demo-next-plan = what a run would change
demo-next-history = the runs so far
demo-next-show = every value of the first run
demo-next-keep = leave the servers and the configuration to play with
demo-next-serve = the dashboard, at http://127.0.0.1:8420
