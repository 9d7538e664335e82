import type { Kept } from './mutant.js'
import { ofOthers } from './of-others.js'

/** The promises of docs/security.md under "On the host", but for those about full tunnels. */
export const onTheHost: readonly Kept[] = [
  {
    promise: 'A key is in no log line of any level, no error and no metric, in raw, hex or base64',
    mutants: [
      {
        breaks: 'a log line has the key',
        file: 'src/app/tunnel/tunnel.ts',
        text: "this.#log.info('TUN device is up', { device: tun.name, ",
        replacement:
          "this.#log.info('TUN device is up', { device: tun.name, key: this.#config.key ?? this.#config.privateKey, ",
        test: 'test/e2e/command/keys.test.ts',
        name: "is in no line of a tunnel's log, at any level",
      },
    ],
  },
  {
    promise:
      'User, password, query and fragment of a URL are in no log line, error, event or status, in raw, percent-encoded or base64',
    mutants: [
      {
        breaks: 'the query of a URL is shown',
        file: 'src/core/api/redact.ts',
        text: "url.pathname === '/' ? '' : url.pathname",
        replacement: 'url.pathname + url.search',
        test: 'test/app/tunnel/tunnel.secrets.test.ts',
        name: 'where UDP listens and is dialled',
      },
    ],
  },
  {
    promise: 'A key file that others can read is refused; new ones have mode 0600',
    mutants: [
      {
        breaks: 'a key file that another group may read is taken',
        file: 'src/config/trust/readers.ts',
        text: 'groups.includes(gid) ? OTHERS : GROUP | OTHERS',
        replacement: 'OTHERS',
        test: 'test/config/trust/readers.test.ts',
        name: 'but where that is asked for',
      },
      {
        breaks: 'a key file that others may write is taken where they may read it',
        file: 'src/config/trust/readers.ts',
        text: "if (anybody !== 'change') {",
        replacement: "if (anybody === 'nothing') {",
        test: 'test/config/trust/readers.test.ts',
        name: 'whoever reads it, but where that is asked for',
      },
      {
        breaks: 'root reads a key file for a user who cannot',
        file: 'src/config/trust/named-file.ts',
        text: 'author === undefined || author === uid || (mode & READ_BY_ALL) !== 0',
        replacement: 'uid >= 0 || author === mode',
        test: 'test/config/trust/named-file.test.ts',
        name: 'is read for another user only if that user can read it, too',
      },
      {
        breaks: 'the file of a secret of a plugin is read as any other',
        file: 'src/config/build/plugin-options.ts',
        text: 'files.key(value)',
        replacement: 'files.text(value).trim()',
        test: 'test/config/build/plugin-options.test.ts',
        name: 'that are secrets are read where the file says that they are, and by nobody else',
      },
      {
        breaks: 'a new key file has the mode of any file',
        file: 'src/ciphers/keys/key-file.ts',
        text: 'OWNER_ONLY = 0o600',
        replacement: 'OWNER_ONLY = 0o644',
        test: 'test/ciphers/keys/key-file.test.ts',
        name: 'writes a key file that only its owner can read',
      },
    ],
  },
  ...ofOthers,
  {
    promise: 'Each end says what it sees when a key is wrong',
    mutants: [
      {
        breaks: 'a wrong key is not told of at the end that waits',
        file: 'src/ciphers/noise/handshakes.ts',
        text: "a handshake does not match this end's key: an unknown source, or a peer with the wrong key",
        replacement: 'a handshake came',
        test: 'test/ciphers/noise/handshakes.hints.test.ts',
        name: 'tells both sides of a wrong shared key what they see',
      },
      {
        breaks: 'hints fill the log',
        file: 'src/core/api/throttled-warnings.ts',
        text: 'WARNING_INTERVAL = 60_000',
        replacement: 'WARNING_INTERVAL = 0',
        test: 'test/core/api/throttled-warnings.test.ts',
        name: 'gives the same hint once a minute at most',
      },
    ],
  },
  {
    promise: 'Runs without root once the tunnel is up, with CAP_NET_ADMIN only',
    mutants: [
      {
        breaks: 'the process stays root',
        file: 'src/native/process/drop-privileges.ts',
        text: 'process.setuid!(user.uid)',
        replacement: 'process.setegid!(user.gid)',
        test: 'test/native/process/drop-privileges.test.ts',
        name: 'cannot be undone, and opens no file of root',
      },
      {
        breaks: 'a thread may keep more',
        file: 'src/native/process/drop-privileges.ts',
        text: 'if (more !== 0n) throw',
        replacement: 'if (more < 0n) throw',
        test: 'test/native/process/drop-privileges.test.ts',
        name: 'fails where a thread would keep more',
      },
    ],
  },
  {
    promise:
      'At a reload a tunnel that gave up root gets its file and what that names, if a start could use it, and nothing else that it cannot read',
    mutants: [
      {
        breaks: 'what was refused is handed over all the same',
        file: 'src/cli/run/handed-files.ts',
        text: 'handed = { error: thrown instanceof Error ? thrown.message : String(thrown) }',
        replacement:
          "handed = { files: [...files].map(([path, { bytes, way }]) => ({ path, bytes: Buffer.from(bytes).toString('base64'), way })) }",
        test: 'test/cli/run/handed-files.test.ts',
        name: 'are none if one of them is refused, which is said in the same words',
      },
      {
        breaks: 'the guard reads a file that the rules refuse',
        file: 'src/cli/run/guard-work.ts',
        text: 'readTunnelFile(path, asker, reading)',
        replacement: 'asker === undefined ? readTunnelFile(path, asker, reading) : reading(path)',
        test: 'test/e2e/host/privileges.test.ts',
        name: 'answers root, and has its guard read what its user cannot read, as far as it may be used',
      },
    ],
  },
  {
    promise:
      'Only its owner can query and change a running tunnel; a bad question gets one line, and all of it is bounded',
    mutants: [
      {
        breaks: 'anybody may query',
        file: 'src/control/privately.ts',
        text: 'process.umask(0o177)',
        replacement: 'process.umask(0)',
        test: 'test/control/server.test.ts',
        name: 'lets nobody at it before, whatever the umask is',
      },
      {
        breaks: 'a question may be endless',
        file: 'src/control/lines.ts',
        text: 'return this.#length < this.#limit ? lines : undefined',
        replacement: 'return lines',
        test: 'test/control/lines.test.ts',
        name: 'refuses a line that is too long and',
      },
      {
        breaks: 'a lock of another user is believed',
        file: 'src/control/lock-owner.ts',
        text: 'writer !== userOf(owner.pid) || ',
        replacement: 'userOf(owner.pid) === -1 || ',
        test: 'test/control/run-lock.test.ts',
        name: 'believes no other user who names a process that is not his',
      },
      {
        breaks: "a user claims root's file",
        file: 'src/control/lock-owner.ts',
        text: 'about === undefined || about.uid === user',
        replacement: 'about !== null',
        test: 'test/control/lock-owner.test.ts',
        name: "claims none of root's, but for the one that the service's folder is named after",
      },
      {
        breaks: 'a lock claims a foreign file',
        file: 'src/control/run-lock.ts',
        text: '|| basename(lock) !==',
        replacement: '|| lock ===',
        test: 'test/control/run-lock.test.ts',
        name: 'believes no lock that claims another file than it is named after',
      },
      {
        breaks: 'the folder of locks is open to others',
        file: 'src/control/run-folder.ts',
        text: 'if ((mode & PERMISSIONS) !== wanted) chmodSync(folder, wanted)',
        replacement: '',
        test: 'test/control/run-lock.test.ts',
        name: 'makes a folder that only its owner can enter, and closes one that is open',
      },
      {
        breaks: 'the folder of any user is open to others as root’s',
        file: 'src/control/run-folder.ts',
        text: 'own === 0 && basename(folder) === SHARED_RUN_FOLDER ?',
        replacement: 'basename(folder) !== SHARED_RUN_FOLDER ?',
        test: 'test/control/run-lock.test.ts',
        name: "lets services pass root's folder to their own, which they could not change otherwise",
      },
    ],
  },
  {
    promise:
      "Nothing that a server pushes conflicts with the client's host: its networks, gateways and name servers, loopback, link-local, multicast, broadcast",
    mutants: [
      {
        breaks: 'a host of a connected network is led into the tunnel',
        file: 'src/core/pushed-settings/host-networks.ts',
        text: 'liesWithin(pushed, connected)',
        replacement: 'pushed.text === connected.text',
        test: 'test/core/pushed-settings/host-networks.test.ts',
        name: ', and it tells why',
      },
      {
        breaks: 'a next hop is led into the tunnel',
        file: 'src/core/pushed-settings/host-networks.ts',
        text: 'heldBy(pushed, host.nextHops)',
        replacement: 'heldBy(pushed, [])',
        test: 'test/core/pushed-settings/host-networks.test.ts',
        name: ', and it tells why',
      },
      {
        breaks: 'a name server in use is led into the tunnel',
        file: 'src/core/pushed-settings/host-networks.ts',
        text: 'heldBy(pushed, host.nameServers)',
        replacement: 'heldBy(pushed, [])',
        test: 'test/core/pushed-settings/host-networks.test.ts',
        name: ', and it tells why',
      },
      {
        breaks: 'link-local addresses are taken',
        file: 'src/core/pushed-settings/host-networks.ts',
        text: "  ['169.254.0.0/16', 'link-local'],\n",
        replacement: '',
        test: 'test/core/pushed-settings/host-networks.test.ts',
        name: ', and it tells why',
      },
      {
        breaks: 'link-local addresses of IPv6 are taken',
        file: 'src/core/pushed-settings/host-networks.ts',
        text: "  ['fe80::/10', 'link-local'],\n",
        replacement: '',
        test: 'test/core/pushed-settings/host-networks.test.ts',
        name: ', and it tells why',
      },
      {
        breaks: 'a network that comes later changes nothing',
        file: 'src/core/pushed-settings/pushed-settings.ts',
        text: '    this.#host = { ...host,',
        replacement: '    const _ = { ...host,',
        test: 'test/core/pushed-settings/pushed-settings.test.ts',
        name: 'lose a route while it conflicts with the networks of the host, and have it back after that',
      },
      {
        breaks: 'refusals are told in silence',
        file: 'src/core/pushed-settings/pushed-settings.ts',
        text: 'if (!pushing.told.includes(why)) this.#log.warn(',
        replacement: 'if (!pushing.told.includes(why)) this.#log.debug(',
        test: 'test/core/pushed-settings/pushed-settings.test.ts',
        name: 'that are refused are told one by one',
      },
      {
        breaks: "the host's networks are not looked at",
        file: 'src/host/networks/host-networks.ts',
        text: '...others(netlink.addresses()).map(({ network }) => network),',
        replacement: '',
        test: 'test/host/networks/host-networks.test.ts',
        name: 'are what its other interfaces are connected to, and its gateways',
      },
    ],
  },
  {
    promise:
      'What a running tunnel answers, and what servers and proxies say, is printed without control characters',
    mutants: [
      {
        breaks: 'what a tunnel answers moves the cursor of who asks',
        file: 'src/control/protocol.ts',
        text: 'if (error === undefined) return escaped(answer)',
        replacement: 'if (error === undefined) return answer',
        test: 'test/control/protocol.test.ts',
        name: 'has the control characters of its texts and names escaped',
      },
      {
        breaks: 'the names in an answer do so',
        file: 'src/control/protocol.ts',
        text: 'entry.map(escaped)',
        replacement: '[entry[0], escaped(entry[1])]',
        test: 'test/control/protocol.test.ts',
        name: 'has the control characters of its texts and names escaped',
      },
      {
        breaks: 'the error that a tunnel answers does so',
        file: 'src/control/protocol.ts',
        text: ".split('\\n').map(escapedText)",
        replacement: ".split('\\n')",
        test: 'test/control/protocol.test.ts',
        name: 'that is an error has them escaped, too, but for the ends of its lines',
      },
      {
        breaks: 'what a server or a proxy says is taken as it is',
        file: 'src/transports/net/printable.ts',
        text: ".replace(/[^\\x20-\\x7e]+/g, ' ')",
        replacement: '',
        test: 'test/transports/net/printable.test.ts',
        name: 'printable makes one line of 160 printable characters at the most',
      },
      {
        breaks: 'what a proxy says reaches the log',
        file: 'src/transports/proxy/http-connect.ts',
        text: 'words: printable(words, proxy)',
        replacement: 'words',
        test: 'test/transports/proxy/http-connect.test.ts',
        name: 'is told in its own words when it refuses',
      },
      {
        breaks: 'what a web server says reaches the log',
        file: 'src/transports/websocket/upgrade.ts',
        text: 'printable(`',
        replacement: '((words: string, _told: URL) => words)(`',
        test: 'test/transports/websocket/websocket.test.ts',
        name: 'tells what the server answered instead, without a secret',
      },
    ],
  },
  {
    promise:
      'The tunnel of another user passes for no other file or process in `status`, and hides none of the others',
    mutants: [
      {
        breaks: 'a tunnel says what file it runs',
        file: 'src/cli/status/read-status.ts',
        text: "typeof said === 'string' && realPath(said) === file ? said : file",
        replacement: "typeof said === 'string' && realPath(said) !== '' ? said : file",
        test: 'test/cli/status/read-status.test.ts',
        name: 'is the status of no other file and no other process',
      },
      {
        breaks: 'nonsense is taken for a status',
        file: 'src/cli/status/read-status.ts',
        text: 'isListOf(value.peers, isPeer)',
        replacement: '(isListOf(value.peers, isPeer) || isObject(value))',
        test: 'test/cli/status/read-status.test.ts',
        name: 'is refused where it is',
      },
      {
        breaks: 'one tunnel that answers nonsense hides all',
        file: 'src/cli/actions/status.ts',
        text: 'if (wanted !== undefined || !isQanatError(thrown)) throw thrown',
        replacement: "if (wanted !== '' || !isQanatError(thrown)) throw thrown",
        test: 'test/cli/actions/status.test.ts',
        name: 'is told of in one line, and hides none of the others',
      },
    ],
  },
  {
    promise:
      '`qanat down` leaves no socket, lock or draft of a run that was killed, and takes nothing from one that runs',
    mutants: [
      {
        breaks: 'a socket stays',
        file: 'src/control/spent-files.ts',
        text: 'pid === undefined || startOf(Number(pid)) === undefined',
        replacement: 'pid !== undefined && startOf(Number(pid)) === undefined',
        test: 'test/control/leftovers.test.ts',
        name: 'removes the socket, the lock and the drafts of a process that was killed',
      },
      {
        breaks: 'a journal is removed before the host is restored',
        file: 'src/control/spent-files.ts',
        text: 'if (isRecord(file)) return false',
        replacement: '',
        test: 'test/control/leftovers.test.ts',
        name: 'leaves what tells how to restore the host, and what is of other files',
      },
    ],
  },
  {
    promise: 'Nothing stays open after `close()`',
    mutants: [
      {
        breaks: 'a listener stays open',
        file: 'src/app/tunnel/tunnel.ts',
        text: '.finally(() => carriers.push(() => listeners.close()))',
        replacement: '',
        test: 'test/app/tunnel/tunnel.restarts.test.ts',
        name: 'leaves nothing open with a device in memory and UDP',
      },
    ],
  },
]
