# Ce que dit la porte du tableau de bord : connexion et refus.
door-sign-in = Se connecter à Tally
door-name = Nom
door-password = Mot de passe
door-submit = Se connecter
door-failed = Le nom ou le mot de passe est faux.
door-first = Il n'y a pas encore d'utilisateur. Sur le serveur, `tally user add NOM --role admin` en crée un.
door-on = Continuer
door-back = À la première page

door-host = Ce serveur n'est pas connu sous ce nom
door-host-add = S'il doit l'être, ajoutez "{ $name }" à `hosts` dans la table [dashboard] de la configuration et redémarrez Tally.
door-host-none = La requête ne nomme pas un seul hôte.
door-origin = Ceci vient d'un autre site
door-origin-more = Rien n'a été fait. Si vous l'avez envoyé vous-même, ouvrez le tableau de bord et faites-le là, par https:// sauf s'il est sur cette machine.
door-form = Le formulaire est trop ancien
door-form-more = Rien n'a été fait. Revenez en arrière, rechargez la page et envoyez le formulaire à nouveau.
door-unknown = Veuillez vous connecter
door-unknown-more = Il faut une session ou un jeton.
door-token-more = Le jeton est inconnu ou expiré.
door-forbidden = Vous n'avez pas ce droit
door-scope-more = Il manque au jeton la portée `{ $scope }`.
door-stranger-more = Le serveur mandataire vous connaît, mais vous n'avez pas de rôle ici. Un administrateur peut vous en donner un.
door-right-read = Il faut le droit de lecture.
door-right-run = Les opérateurs et les administrateurs peuvent lancer des exécutions.
door-right-decide = Les opérateurs et les administrateurs peuvent décider des valeurs.
door-right-settings = Seuls les administrateurs peuvent voir ceci.
door-wait = Trop de tentatives
door-wait-more = { $seconds ->
    [one] Attendez { $seconds } seconde, puis réessayez.
   *[other] Attendez { $seconds } secondes, puis réessayez.
}
door-large = Le formulaire est trop grand
door-large-more = Rien n'a été fait.
door-state = Pas maintenant
door-state-more = L'état ne peut pas être lu en ce moment. Réessayez ; le journal en dit plus.

user-new-password = Nouveau mot de passe
user-password-again = Encore une fois
user-passwords-differ = Les deux ne sont pas identiques.
user-added = L'utilisateur { $name } a été ajouté comme { $role }.
user-removed = L'utilisateur { $name } a été retiré et déconnecté.
user-role = L'utilisateur { $name } est maintenant { $role }.
user-reset = L'utilisateur { $name } a un nouveau mot de passe et est déconnecté.
user-none = Il n'y a pas d'utilisateur.
user-unguarded = Tant qu'il n'y en a pas, quiconque demande depuis cette machine peut tout faire.
user-line = { $name }  { $role }  depuis { $since }
token-once = Voici le jeton { $name }. Il ne sera plus montré :
token-none = Il n'y a pas de jeton.
token-removed = Le jeton { $name } a été retiré et est refusé désormais.
token-line = { $name }  { $scopes }  jusqu'à { $until }, dernier usage { $used }
token-for-ever = nouvel ordre
token-never = jamais
