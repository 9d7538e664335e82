import type { Kept } from './mutant.js'

/** What other users of the host can do, of the promises of docs/security.md under "On the host". */
export const ofOthers: readonly Kept[] = [
  {
    promise:
      'Root runs no hook and loads no plugin that others could have written: those of one other user run as that user, else they are refused, and so are drivers, document roots, key, certificate and PAC files',
    mutants: [
      {
        breaks: 'a file that anybody can write has hooks',
        file: 'src/core/settings/permissions.ts',
        text: 'WRITE_BY_OTHERS = 0o022',
        replacement: 'WRITE_BY_OTHERS = 0o020',
        test: 'test/config/trust/writers.test.ts',
        name: 'knows that others can write where',
      },
      {
        breaks: 'folders on the way do not count',
        file: 'src/config/trust/writers.ts',
        text: "if (step.kind === 'link') continue",
        replacement: "if (step.kind !== 'file') continue",
        test: 'test/config/trust/writers.test.ts',
        name: 'knows that others can write where',
      },
      {
        breaks: 'a link that others made in a sticky folder is followed',
        file: 'src/config/trust/writers.ts',
        text: "entry.kind === 'link' && isForeign(entry)",
        replacement: "entry.kind === 'folder' && isForeign(entry)",
        test: 'test/config/trust/writers.test.ts',
        name: 'knows the other user who owns',
      },
      {
        breaks: "root runs another user's hooks",
        file: 'src/config/trust/place.ts',
        text: 'hooksAs: powers.hooks ? author?.uid : undefined',
        replacement: 'hooksAs: undefined',
        test: 'test/config/trust/place.test.ts',
        name: "run as the owner of any other user's file, never as root",
      },
      {
        breaks: 'the user of the tunnel writes hooks for root',
        file: 'src/config/trust/place.ts',
        text: 'uid === user || uid !== owned.at(-1)!.uid)',
        replacement: 'uid !== owned.at(-1)!.uid)',
        test: 'test/config/trust/place.test.ts',
        name: 'belongs to the user that the tunnel runs as',
      },
      {
        breaks: "root loads another user's plugins",
        file: 'src/config/trust/place.ts',
        text: "['plugins', 'documentRoot', 'browser']",
        replacement: "['documentRoot', 'browser']",
        test: 'test/config/trust/place.test.ts',
        name: 'of another user, which root would run or serve',
      },
      {
        breaks: 'with writable files allowed, others choose what root runs',
        file: 'src/config/trust/place.ts',
        text: "!(allowWritableFiles && power === 'files')",
        replacement: '!allowWritableFiles',
        test: 'test/config/trust/place.test.ts',
        name: 'never has root run, load or serve what it says',
      },
      {
        breaks: 'root reads a key file for anybody who cannot',
        file: 'src/config/trust/place.ts',
        text: "author: writers.open === undefined ? author?.uid : 'anybody'",
        replacement: 'author: author?.uid',
        test: 'test/config/trust/place.test.ts',
        name: 'may hold keys and name files of them, as anybody',
      },
      {
        breaks: 'SUDO_UID of anybody is believed',
        file: 'src/config/trust/caller.ts',
        text: 'uid === 0 && ',
        replacement: '',
        test: 'test/config/trust/caller.test.ts',
        name: 'trusts those who may decide for',
      },
      {
        breaks: 'a file is opened again by its name',
        file: 'src/config/trust/open-file.ts',
        text: "descriptor: openSync(again, 'r')",
        replacement: "descriptor: openSync(place, 'r')",
        test: 'test/config/trust/open-file.test.ts',
        name: 'reads what it noted, though its name leads elsewhere by then',
      },
      {
        breaks: 'the hooks of another user keep a right of root',
        file: 'src/native/process/shell-call.ts',
        text: "'--init-groups'",
        replacement: "'--keep-groups'",
        test: 'test/native/process/shell-call.test.ts',
        name: 'runs as its user, with the groups of passwd and no capability',
      },
      {
        breaks: 'a module that others can write is loaded',
        file: 'src/app/finding/plugin-location.ts',
        text: '  checkCode(path, caller)\n',
        replacement: '',
        test: 'test/app/finding/plugin-location.test.ts',
        name: 'that others can write',
      },
    ],
  },
  {
    promise:
      'A tunnel that is called by its name alone is that of a file in `/etc/qanat` or `/etc/wireguard`, never of one in the current folder',
    mutants: [
      {
        breaks: 'a name is a path, too',
        file: 'src/config/files/tunnel-name.ts',
        text: 'files.find(isKnown)',
        replacement: 'files.find(isKnown) ?? name',
        test: 'test/config/files/tunnel-name.test.ts',
        name: 'is never looked for in the current folder',
      },
    ],
  },
  {
    promise:
      "Programs that root starts come from folders of the system, and get nothing of the caller's environment",
    mutants: [
      {
        breaks: 'programs are looked for by PATH',
        file: 'src/native/process/programs.ts',
        text: '[...first, ...SYSTEM].map(pathIn)',
        replacement: "[...first, ...(process.env.PATH ?? '').split(delimiter)].map(pathIn)",
        test: 'test/native/process/programs.test.ts',
        name: 'finds programs of the system, whatever PATH says',
      },
      {
        breaks: 'a program that others could have put is run',
        file: 'src/native/process/programs.ts',
        text: 'isProgram(path) && isRoots(path)',
        replacement: 'isProgram(path)',
        test: 'test/native/process/programs.test.ts',
        name: 'takes a program of the administrator that',
      },
      {
        breaks: 'hooks get the whole environment',
        file: 'src/native/process/shell-call.ts',
        text: 'return { ...cleanEnvironment(), ...Object.fromEntries(own) }',
        replacement: 'return { ...process.env, ...Object.fromEntries(own) } as Record<string, string>',
        test: 'test/native/process/shell-call.test.ts',
        name: 'finds the programs of the system, and nothing that the environment slipped in',
      },
    ],
  },
  {
    promise:
      'A process that dies leaves no core with a key behind, and no other process of its user may look into its memory',
    mutants: [
      {
        breaks: 'a process can be dumped',
        file: 'src/native/process/forbid-cores.ts',
        text: 'libc.func(prctl)(PR_SET_DUMPABLE, 0, 0, 0, 0)',
        replacement: 'libc.func(prctl)(PR_SET_DUMPABLE, 1, 0, 0, 0)',
        test: 'test/native/process/forbid-cores.test.ts',
        name: 'native memory is left out, and the hard limit stays',
      },
      {
        breaks: 'a core of any size is written where the process can be dumped',
        file: 'src/native/process/forbid-cores.ts',
        text: '      arena.view.setBigUint64(memory.offset, 0n, true)\n',
        replacement: '',
        test: 'test/native/process/forbid-cores.test.ts',
        name: 'is not written where the process can be dumped after all, for its limit',
      },
      {
        breaks: 'without koffi a core holds all memory',
        file: 'src/native/process/forbid-cores.ts',
        text: "writeFileSync(FILTER, '0')",
        replacement: "writeFileSync(FILTER, '0x33')",
        test: 'test/native/process/forbid-cores.test.ts',
        name: 'has no memory in it without koffi',
      },
      {
        breaks: 'a tunnel does not ask for it',
        file: 'src/cli/run/engine.ts',
        text: '  forbidCores()\n',
        replacement: '',
        test: 'test/e2e/host/cores.test.ts',
        name: 'leaves no core with its key behind',
      },
    ],
  },
  {
    promise:
      "Only root can query and change a tunnel by WireGuard's tools; a request applies whole or not at all, and all of it is bounded",
    mutants: [
      {
        breaks: 'the socket of the tools has the mode that the umask leaves',
        file: 'src/control/local-server.ts',
        text: "privately(() => this.#server.once('error', reject).listen(path, resolve))",
        replacement: "this.#server.once('error', reject).listen(path, resolve)",
        test: 'test/control/uapi/server.test.ts',
        name: 'lets nobody but its owner at the socket',
      },
      {
        breaks: 'the socket of the tools may be in a folder of others',
        file: 'src/control/uapi/socket-place.ts',
        text: 'uid !== process.getuid?.() || (mode & WRITE_BY_OTHERS) !== 0',
        replacement: 'uid !== process.getuid?.() && (mode & WRITE_BY_OTHERS) !== 0',
        test: 'test/control/uapi/socket-place.test.ts',
        name: 'uses no folder in which others may write',
      },
      {
        breaks: 'a request without its end is carried out',
        file: 'src/control/uapi/requests.ts',
        text: "if (line === '') {",
        replacement: "if (line === 'listen_port=1' || line === '') {",
        test: 'test/control/uapi/requests.test.ts',
        name: 'waits for the end of a request',
      },
      {
        breaks: 'a request may be of any size',
        file: 'src/control/uapi/requests.ts',
        text: 'if (this.#bytes > this.#limit) return undefined',
        replacement: '',
        test: 'test/control/uapi/requests.test.ts',
        name: 'gives up at a request that is too large',
      },
      {
        breaks: 'what is right of a request is carried out if the rest is wrong',
        file: 'src/control/uapi/requests.ts',
        text: '(refused === undefined ? { set: reader.request } : { refused })',
        replacement: '({ set: reader.request })',
        test: 'test/control/uapi/requests.test.ts',
        name: 'refuses the whole of a change with one line that is wrong',
      },
      {
        breaks: 'tools that ask nothing stay connected',
        file: 'src/control/uapi/server.ts',
        text: 'if (!answering || socket.writableLength > 0) socket.destroy()',
        replacement: '',
        test: 'test/control/uapi/server.test.ts',
        name: 'hangs up on who asks nothing',
      },
    ],
  },
]

/** The promises of docs/security.md about what nobody is shown. */
export const onSecrets: readonly Kept[] = [
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
      {
        breaks: 'a plugin may have its secret stand in a URL, which logs and status show',
        file: 'src/app/plugins/option-check.ts',
        text: "['secret', 'path']",
        replacement: "['path']",
        test: 'test/app/plugins/option-check.test.ts',
        name: 'refuses the description',
      },
    ],
  },
  {
    promise:
      'User, password, query and fragment of a URL are in no log line, error, event or status, in raw, percent-encoded or base64',
    mutants: [
      {
        breaks: "a fault shows a text of an endpoint's query that may be a secret",
        file: 'src/app/plugins/endpoint-options.ts',
        text: 'shownOption(option, given, hidesTexts)',
        replacement: 'shownOption(option, given, hidesTexts && false)',
        test: 'test/app/plugins/endpoint-options.test.ts',
        name: 'is refused for',
      },
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
    promise:
      'Members of a `control-group` can ask for the status, a reload and the end of that tunnel and nothing else, and nobody else can ask by their socket',
    mutants: [
      {
        breaks: 'anybody may ask by the socket of a group',
        file: 'src/control/group/group-socket.ts',
        text: 'ASK = 0o660',
        replacement: 'ASK = 0o666',
        test: 'test/control/group/group-socket.test.ts',
        name: 'is found by members, and its own socket is for its owner alone still',
      },
      {
        breaks: "members ask by the owner's socket, too",
        file: 'src/control/group/group-socket.ts',
        text: 'share(path, gid, READ)',
        replacement: 'share(socket, gid, ASK)',
        test: 'test/control/group/group-socket.test.ts',
        name: 'is found by members, and its own socket is for its owner alone still',
      },
      {
        breaks: "anybody may look into a service's folder",
        file: 'src/control/group/group-socket.ts',
        text: 'LOOK_INTO = 0o750',
        replacement: 'LOOK_INTO = 0o755',
        test: 'test/control/group/group-socket.test.ts',
        name: 'of a service lies in a folder that its group alone may look into',
      },
      {
        breaks: 'members may ask for all that the owner may',
        file: 'src/cli/group/listen-for-group.ts',
        text: 'FOR_MEMBERS.includes(question) ? handlers[question]',
        replacement: 'question.length > 0 ? handlers[question]',
        test: 'test/cli/group/listen-for-group.test.ts',
        name: 'answers members what they may ask',
      },
      {
        breaks: 'who is in no group is let in, as a file says',
        file: 'src/cli/group/control-group.ts',
        text: 'const group = findGroup(wanted)',
        replacement: 'const group = findGroup(wanted) ?? { name: wanted, gid: 0 }',
        test: 'test/cli/group/control-group.test.ts',
        name: 'is refused with its line and how to make it',
      },
    ],
  },
  {
    promise:
      'Code that V8 made comes from a folder that nobody but root and the caller can write, and never to a process that may do more than others of its user',
    mutants: [
      {
        breaks: 'whoever can write the folder is believed',
        file: 'src/cli/begin/code-cache.ts',
        text: 'open === undefined && owned.length === 0',
        replacement: 'owned.length === 0',
        test: 'test/cli/begin/code-cache.test.ts',
        name: 'is none if',
      },
      {
        breaks: "root takes it from the environment's folder",
        file: 'src/cli/begin/code-cache.ts',
        text: 'uid === 0 ? ofRoot : userFolder(environment)',
        replacement: 'uid === 0 ? (userFolder(environment) ?? ofRoot) : userFolder(environment)',
        test: 'test/cli/begin/code-cache.test.ts',
        name: "is root's for root",
      },
      {
        breaks: 'a process with capabilities takes it from its user',
        file: 'src/cli/begin/code-cache.ts',
        text: ' || (uid !== 0 && permitted !== 0n)',
        replacement: ' || (uid !== 0 && permitted === 1n)',
        test: 'test/cli/begin/code-cache.test.ts',
        name: 'is none for a process whose users differ',
      },
    ],
  },
]
