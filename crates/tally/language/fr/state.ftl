# Le dossier d'état.
due-covered = couvert par une exécution ultérieure
due-missed = manqué : personne n'était là
due-ran = exécuté
due-skipped = sauté : une exécution était en cours
due-watched = compte à partir d'ici
state-daemon-alive = qui est en marche
state-daemon-gone = qui n'existe plus ; `tally state unlock` le libère, et le prochain démon le prend
state-daemon-unknown = qu'on ne voit pas d'ici
state-daemon-unlocked = Le bail du démon a été retiré à { $holder }.
state-ran-out = expiré { $at }
state-until = jusqu'à { $at }
