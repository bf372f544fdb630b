# Alerts.
alert-arrived = { $destination }: arrived
alert-not-arrived = { $destination }: did not arrive: { $failure }
alert-none = No problem is open.
