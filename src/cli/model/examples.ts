import { DEFAULT_PORT } from '../../core/settings/ports.js'

/** What somebody wants, and what they type for it. */
export interface Example {
  readonly wish: string
  readonly lines: readonly string[]
}

/** By command; the empty name is the program's own. They are in `--help` and in the manual page. */
export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  '': [
    {
      wish: 'The usual way: a server and a client in files',
      lines: ['qanat init', 'sudo qanat up server.toml', 'sudo qanat up client.toml'],
    },
    {
      wish: 'A key, generated once and copied to both ends over a secure channel',
      lines: ['qanat genpsk -o key'],
    },
    {
      wish: `One side listens on UDP port ${DEFAULT_PORT}, the other dials`,
      lines: [
        'sudo qanat --key-file key 10.0.0.1 10.0.0.2',
        'sudo qanat --key-file key -p vpn.example.org 10.0.0.2 10.0.0.1',
      ],
    },
    {
      wish: 'IPv6 inside, a different port, a chosen device name',
      lines: ['sudo qanat --key-file key fd00::1 fd00::2 --listen 5000 --tun home0'],
    },
    {
      wish: 'A WireGuard peer',
      lines: [
        'qanat genkey -o private && qanat pubkey < private',
        'sudo qanat --private-key-file private --peer-key KEY -p vpn.example.org:51820 \\',
        '    --address 10.0.0.2/24 --allowed-ips 10.0.0.0/24',
      ],
    },
    {
      wish: 'CrapVPN, for learning (protects nothing)',
      lines: ['sudo qanat -k 1234ABCD -p 192.0.2.7 10.0.0.2 10.0.0.1 --cipher xor'],
    },
  ],
  up: [
    { wish: 'Run what "qanat init" wrote', lines: ['sudo qanat up server.toml'] },
    { wish: 'Run a wg-quick file unchanged', lines: ['sudo qanat up /etc/wireguard/wg0.conf'] },
    { wish: 'The same by its name', lines: ['sudo qanat up wg0'] },
    { wish: 'Drop root once the tunnel is up', lines: ['sudo qanat up server.toml --user nobody'] },
    { wish: 'Run it in the background', lines: ['sudo qanat up client.toml --detach'] },
    { wish: 'See why nothing arrives', lines: ['sudo qanat up client.toml --log-level debug'] },
  ],
  status: [
    { wish: 'All tunnels that run', lines: ['sudo qanat status'] },
    {
      wish: 'One, by its file without the ending, again every second',
      lines: ['sudo qanat status server --watch'],
    },
    { wish: 'For a program', lines: ['sudo qanat status --json'] },
  ],
  login: [
    {
      wish: 'Log in to the network of a café, where the tunnel is the only way out',
      lines: ['sudo qanat login'],
    },
    {
      wish: 'A page that no tunnel met, for five minutes at the most',
      lines: ['sudo qanat login client --url http://portal.example.org --time 300'],
    },
  ],
  watch: [
    { wish: 'Notifications on your desktop', lines: ['qanat watch --notify'] },
    { wish: 'For a program, of one tunnel', lines: ['sudo qanat watch client --json'] },
  ],
  reload: [
    {
      wish: 'Admit a new client without disturbing the others',
      lines: ['sudo qanat reload server.toml'],
    },
  ],
  down: [
    { wish: 'Stop a tunnel and wait until the host is restored', lines: ['sudo qanat down server.toml'] },
    {
      wish: 'Give up what a killed tunnel left and nothing restores',
      lines: ['sudo qanat down --force server.toml'],
    },
  ],
  check: [
    { wish: 'Before using a file', lines: ['qanat check server.toml'] },
    { wish: 'Whether it gets along with the routes of this host', lines: ['qanat check --host client.toml'] },
  ],
  convert: [
    { wish: 'From wg-quick to TOML', lines: ['qanat convert wg0.conf -o wg0.toml'] },
    { wish: 'From TOML to wg-quick', lines: ['qanat convert client.toml -o client.conf'] },
  ],
  schema: [{ wish: 'For an editor', lines: ['qanat schema > qanat.schema.json'] }],
  pin: [
    { wish: 'The pin to trust, on the server', lines: ['qanat pin server.crt'] },
    { wish: 'What this network shows for it', lines: ['qanat pin vpn.example.org'] },
  ],
  init: [
    { wish: 'Answer five questions', lines: ['qanat init'] },
    {
      wish: 'Without prompts, over UDP and, if that is blocked, TCP',
      lines: ['qanat init --host vpn.example.org --transports udp,tcp --folder tunnel'],
    },
    {
      wish: 'Over WebSocket with TLS, with a certificate of its own',
      lines: ['qanat init --host vpn.example.org --transports wss,udp --tls self-signed'],
    },
    {
      wish: 'For networks that let only the web out',
      lines: ['qanat init --host vpn.example.org --only-443'],
    },
  ],
  clients: [
    { wish: 'Who is online', lines: ['sudo qanat clients'] },
    { wish: 'For a program', lines: ['qanat clients server.toml --json'] },
  ],
  'add-client': [
    {
      wish: 'A laptop, which gets a file',
      lines: ['qanat add-client laptop --config server.toml -o laptop.toml'],
    },
    {
      wish: "A phone, where WireGuard's app reads the QR code",
      lines: ['qanat add-client phone --config server.toml --format wg-quick -o phone.conf --qr'],
    },
    {
      wish: 'An office, with the network behind it',
      lines: ['qanat add-client office --config server.toml --lan 192.168.7.0/24 -o office.toml'],
    },
    {
      wish: 'A laptop behind a proxy, until the end of January',
      lines: [
        'qanat add-client guest --config server.toml --proxy http://proxy:3128 \\',
        '    --expires 2027-01-31 -o guest.toml',
      ],
    },
    {
      wish: 'A client that keeps its private key to itself',
      lines: [
        'qanat genkey -o safe.key && qanat pubkey < safe.key',
        'qanat add-client safe --config server.toml --public-key KEY -o safe.toml',
      ],
    },
  ],
  'rotate-client': [
    {
      wish: 'Other keys for a phone',
      lines: ['qanat rotate-client phone --config server.toml -o phone.conf'],
    },
  ],
  'remove-client': [
    { wish: 'Revoke a client', lines: ['sudo qanat remove-client phone --config server.toml'] },
  ],
  'disable-client': [
    { wish: 'Lock a client out for now', lines: ['sudo qanat disable-client phone --config server.toml'] },
  ],
  'enable-client': [
    {
      wish: 'Renew a client that expires',
      lines: ['sudo qanat enable-client guest --config server.toml --expires 2027-06-30'],
    },
  ],
  qr: [{ wish: 'Show a file to a phone', lines: ['qanat qr phone.conf'] }],
  genkey: [{ wish: 'A key pair', lines: ['qanat genkey -o private && qanat pubkey < private'] }],
  genpsk: [{ wish: 'A key for two ends', lines: ['qanat genpsk -o key'] }],
  pubkey: [{ wish: 'What the other end needs to know', lines: ['qanat pubkey < private'] }],
  plugins: [
    { wish: 'What can be chosen', lines: ['qanat plugins'] },
    { wish: "The same, with a cipher of one's own", lines: ['qanat plugins --plugin ./my-cipher.js'] },
    { wish: 'The options of a plugin', lines: ['qanat plugins my-cipher --plugin ./my-cipher.js'] },
  ],
  plugin: [
    { wish: 'A transport of your own', lines: ['qanat plugin new my-transport --kind transport'] },
    { wish: 'Whether it keeps what transports promise', lines: ['qanat plugin test ./index.js'] },
  ],
  'plugin new': [
    { wish: 'A transport', lines: ['qanat plugin new my-transport --kind transport'] },
    { wish: 'A cipher in TypeScript', lines: ['qanat plugin new my-cipher --kind cipher --ts'] },
    { wish: 'What looks at packets', lines: ['qanat plugin new my-filter --kind packets'] },
  ],
  'plugin test': [
    {
      wish: 'By the kit beside it, index.kit.js or named after the plugin',
      lines: ['qanat plugin test ./index.js'],
    },
    { wish: 'The same bytes once more', lines: ['qanat plugin test ./index.js --seed 4711'] },
    { wish: 'For a program', lines: ['qanat plugin test ./index.js --json'] },
  ],
  completion: [
    {
      wish: 'For bash, from now on',
      lines: ['qanat completion bash > ~/.local/share/bash-completion/completions/qanat'],
    },
    { wish: 'For fish', lines: ['qanat completion fish > ~/.config/fish/completions/qanat.fish'] },
    { wish: 'For zsh, in a folder of fpath', lines: ['qanat completion zsh > ~/.zfunc/_qanat'] },
  ],
  man: [{ wish: 'Read the manual page', lines: ['qanat man | man -l -'] }],
}

/** The examples of a command as `--help` shows them. */
export function examplesOf(command: string): string {
  const shown = (EXAMPLES[command] ?? []).map(
    ({ wish, lines }) => `  ${wish}:\n${lines.map(shownLine).join('')}`,
  )
  return `\nExamples:\n${shown.join('\n')}`
}

/** What goes on behind a backslash has no prompt. */
function shownLine(line: string, index: number, lines: readonly string[]): string {
  const goesOn = lines[index - 1]?.endsWith('\\') ?? false
  return `    ${goesOn ? '  ' : '$ '}${line}\n`
}
