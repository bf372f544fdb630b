# Alerts.
alert-arrived = { $destination }: arrived
alert-not-arrived = { $destination }: did not arrive: { $failure }
