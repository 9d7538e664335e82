import { DEFAULT_PORT } from '../core/config.js'
import { EXIT_CODES } from './exit-codes.js'

/** What follows the options in `--help`. */
export const EXAMPLES = `
Examples:
  A server and a client in files, which is the usual way (see docs/configuration.md):
    $ qanat init
    $ sudo qanat up server.toml
    $ sudo qanat up client.toml

  A key, made once and copied to both ends by a safe way:
    $ qanat genpsk -o key

  One end waits on UDP port ${DEFAULT_PORT}, the other one calls it:
    $ sudo qanat --key-file key 10.0.0.1 10.0.0.2
    $ sudo qanat --key-file key -p vpn.example.org 10.0.0.2 10.0.0.1

  IPv6 inside, another port, a device name of one's own:
    $ sudo qanat --key-file key fd00::1 fd00::2 --listen 5000 --tun home0

  A WireGuard peer:
    $ qanat genkey -o private && qanat pubkey < private
    $ sudo qanat --private-key-file private --peer-key KEY -p vpn.example.org:51820 \\
        --address 10.0.0.2/24 --allowed-ips 10.0.0.0/24

  CrapVPN, for learning (protects nothing):
    $ sudo qanat -k 1234ABCD -p 192.0.2.7 10.0.0.2 10.0.0.1 --cipher xor

  What can be chosen, with a cipher of one's own:
    $ qanat plugins --plugin ./my-cipher.js

A key on the command line (-k) is visible to every user of the host: prefer --key-file or QANAT_KEY.

Exit codes:
${EXIT_CODES.map(([code, meaning]) => `  ${code}  ${meaning}`).join('\n')}
`
