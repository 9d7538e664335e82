/** What `--user` does. */
export const USER_HELP =
  'once the tunnel is up, run as this user (a name or ID), who may change networks and nothing else'
