# Les alertes.
alert-arrived = { $destination } : arrivé
alert-not-arrived = { $destination } : pas arrivé : { $failure }
alert-none = Aucun problème en cours.
