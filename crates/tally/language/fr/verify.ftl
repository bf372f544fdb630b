# Une exécution passée, comparée aux deux serveurs tels qu'ils sont.
verify-title =
    Rapport « { $report } » (exécution { $run }) : { $first } à { $last }, { $n ->
        [one] { $n } valeur
       *[other] { $n } valeurs
    } et { $records ->
        [one] { $records } enregistrement
       *[other] { $records } enregistrements
    }
# $godata_version apporte son espace, ou est vide.
verify-sides = Go.Data{ $godata_version } à { $godata } ; DHIS2 { $dhis2_version } à { $dhis2 }, ensemble de données « { $data_set } »
verify-not-as-computed =
    { $n ->
        [one] { $n } valeur n'est pas celle qui a été calculée
       *[other] { $n } valeurs ne sont pas celles qui ont été calculées
    }
verify-next = Voyez avec qui les a écrites quel nombre est juste ; `tally plan` montre ce que ferait la prochaine exécution.
verify-agrees = concorde : tous les côtés disent la même chose.
verify-agrees-but-held = concorde : tous les côtés disent la même chose, hormis les valeurs en attente.
verify-differs = diffère : les côtés ne disent pas la même chose.
verify-differs-but-held = diffère : les côtés ne disent pas la même chose, hormis les valeurs en attente.
