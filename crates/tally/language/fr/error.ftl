# Les mots devant les erreurs, les avertissements et ce qu'il faut faire.
error = erreur : { $text }
warning = attention : { $text }
hint = conseil : { $text }

# Entre des notes qui se suivent.
semicolon = {" ; "}

# Un nom et ce qu'il y a à en dire.
colon = { $before } : { $after }
