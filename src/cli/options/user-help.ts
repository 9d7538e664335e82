/** What `--user` does. */
export const USER_HELP =
  'once the tunnel is there, go on as this user (a name or number), who may change networks and nothing else'
