# Les mots devant les erreurs, les avertissements et ce qu'il faut faire.
error = erreur : { $text }
warning = attention : { $text }
hint = conseil : { $text }
