/** How commands take the file of a tunnel. */
export const NAME_OR_FILE =
  'a file; NAME alone is /etc/qanat/NAME.toml, /etc/qanat/NAME.conf or /etc/wireguard/NAME.conf'
