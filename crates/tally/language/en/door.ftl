# What the door of the dashboard says: signing in, and refusals.
door-sign-in = Sign in to Tally
door-name = Name
door-password = Password
door-submit = Sign in
door-failed = Name or password is wrong.
door-first = There is no user yet. On the server, `tally user add NAME --role admin` makes one.
door-on = Go on
door-back = To the first page

door-host = This server is not known by that name
door-host-add = If it should be, add "{ $name }" to `hosts` in the table [dashboard] of the configuration and restart Tally.
door-host-none = The request names no single host.
door-origin = This came from another site
door-origin-more = Nothing was done. If you sent it yourself, open the dashboard and do it there, by https:// unless it is on this machine.
door-form = The form is too old
door-form-more = Nothing was done. Go back, load the page anew and send the form again.
door-unknown = Please sign in
door-unknown-more = This needs a session, or a token.
door-token-more = The token is unknown or expired.
door-forbidden = You may not do this
door-scope-more = The token lacks the scope `{ $scope }`.
door-stranger-more = You are known to the proxy, but have no role here. An administrator can give you one.
door-right-read = This needs the right to read.
door-right-run = Operators and administrators may start runs.
door-right-decide = Operators and administrators may decide about values.
door-right-settings = Only administrators may see this.
door-wait = Too many attempts
door-wait-more = { $seconds ->
    [one] Wait { $seconds } second, then try again.
   *[other] Wait { $seconds } seconds, then try again.
}
door-large = The form is too large
door-large-more = Nothing was done.
door-state = Not now
door-state-more = The state cannot be read at the moment. Try again; the log says more.

user-new-password = New password
user-password-again = The same again
user-passwords-differ = The two are not the same.
user-added = User { $name } was added as { $role }.
user-removed = User { $name } was removed and is signed out.
user-role = User { $name } is { $role } now.
user-reset = User { $name } has a new password and is signed out.
user-none = There are no users.
user-unguarded = Everybody who asks from this machine may do everything until there is one.
user-line = { $name }  { $role }  since { $since }
token-once = This is the token { $name }. It is not shown again:
token-none = There are no tokens.
token-removed = Token { $name } was removed and is refused from now on.
token-line = { $name }  { $scopes }  until { $until }, last used { $used }
token-for-ever = further notice
token-never = never
