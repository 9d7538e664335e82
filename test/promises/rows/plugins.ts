import type { Kept } from './mutant.js'

/**
 * The promises of docs/security.md under "On the wire" that the plugins beside it keep, and that under "Under load" which is about
 * what plugins do wrong.
 */
export const ofPlugins: readonly Kept[] = [
  {
    promise:
      '`plugins/packets-filter` lets pass what a rule allows, and of that flow the answers of that peer, nothing else; later fragments follow their first one',
    mutants: [
      {
        breaks: 'what no rule allows passes',
        file: 'plugins/packets-filter/filter.js',
        text: 'return rule.allows',
        replacement: 'return true',
        test: 'plugins/packets-filter/filter.test.ts',
        name: 'goes by the first rule that is about a packet',
      },
      {
        breaks: 'another peer answers in place of the one that was asked',
        file: 'plugins/packets-filter/flow-table.js',
        text: 'flow.peer !== peer',
        replacement: "flow.peer === ''",
        test: 'plugins/packets-filter/filter.test.ts',
        name: 'are known by the peer, so that no other may answer',
      },
      {
        breaks: 'a flow is known for ever',
        file: 'plugins/packets-filter/flow-table.js',
        text: 'if (now >= flow.until) {',
        replacement: 'if (now >= 9 * flow.until) {',
        test: 'plugins/packets-filter/filter.test.ts',
        name: 'are forgotten after a while, which each packet begins anew',
      },
      {
        breaks: 'any later fragment passes',
        file: 'plugins/packets-filter/fragment-table.js',
        text: 'first !== undefined && now < first.until &&',
        replacement: 'first === undefined || now < first.until &&',
        test: 'plugins/packets-filter/filter.test.ts',
        name: 'follow the first one, whatever their bytes look like',
      },
      {
        breaks: 'a later fragment writes over the header that was looked at',
        file: 'plugins/packets-filter/fragment-table.js',
        text: 'facts.headers.fragmentOffset >= first.end',
        replacement: 'facts.headers.fragmentOffset >= 0',
        test: 'plugins/packets-filter/filter.test.ts',
        name: 'of IPv6 overlap no first one, whatever header they say is next',
      },
      {
        breaks: 'fragments of one peer take the room of others',
        file: 'plugins/packets-filter/fragment-table.js',
        text: 'this.#peers.get(peer)?.passed ?? new Map()',
        replacement: '[...this.#peers.values()][0]?.passed ?? new Map()',
        test: 'plugins/packets-filter/filter.test.ts',
        name: 'of one peer, and of one way, take no room of others',
      },
      {
        breaks: 'any ICMP error passes that quotes a packet',
        file: 'plugins/packets-filter/filter.js',
        text: "direction === 'out' ? 'in' : 'out'",
        replacement: 'direction',
        test: 'plugins/packets-filter/filter.test.ts',
        name: 'let the ICMP errors about their packets pass, and no others',
      },
      {
        breaks: 'flows take any memory',
        file: 'plugins/packets-filter/flow-table.js',
        text: 'this.#flows.size >= MOST_FLOWS',
        replacement: 'this.#flows.size > 2 * MOST_FLOWS',
        test: 'plugins/packets-filter/filter.test.ts',
        name: 'are bounded: those that are used stay, and of the others the oldest go',
      },
      {
        breaks: 'half a header is taken for ports',
        file: 'plugins/packets-filter/packet-facts.js',
        text: 'if (at + least > bytes.length) return false',
        replacement: 'if (at > bytes.length) return false',
        test: 'plugins/packets-filter/filter.test.ts',
        name: 'hold all that is asked about in the first one, or it is dropped',
      },
    ],
  },
  {
    promise:
      '`plugins/transport-nats` sends no more than its server takes, goes on by the next one if that is killed or silent, and remembers few unknown callers',
    mutants: [
      {
        breaks: 'what a server does not take waits in memory without a bound',
        file: 'plugins/transport-nats/cluster.js',
        text: 'this.#unconfirmed + bytes >= MOST',
        replacement: 'this.#unconfirmed + bytes < 0',
        test: 'plugins/transport-nats/cluster.test.ts',
        name: 'wants no more than a server takes, drops what comes all the same',
      },
      {
        breaks: 'a server that is silent is waited for',
        file: 'plugins/transport-nats/cluster.js',
        text: 'silent < MOST_UNANSWERED',
        replacement: 'silent < 1_000 * MOST_UNANSWERED',
        test: 'plugins/transport-nats/cluster.test.ts',
        name: 'goes on by another server within a second if one is killed, within five if one falls silent',
      },
      {
        breaks: 'a server that is gone is not replaced',
        file: 'plugins/transport-nats/cluster.js',
        text: 'void this.#openAgain(FIRST_PAUSE)',
        replacement: 'void FIRST_PAUSE',
        test: 'plugins/transport-nats/cluster.test.ts',
        name: 'goes on by another server within a second if one is killed, within five if one falls silent',
      },
      {
        breaks: 'each name that a caller gives itself costs a link for ever',
        file: 'plugins/transport-nats/callers.js',
        text: 'this.#links.size >= MOST_CALLERS',
        replacement: 'this.#links.size < 0',
        test: 'plugins/transport-nats/callers.test.ts',
        name: 'are as many as are kept at the most',
      },
    ],
  },
  {
    promise:
      '`plugins/transport-pt` hears where a client is from nobody but the program that it started, asks no program beyond the loopback, and starts one that ends again after a pause that grows',
    mutants: [
      {
        breaks: 'who knows no cookie says where a client is',
        file: 'plugins/transport-pt/ext-or-port.js',
        text: "if (!knows) throw new Error('it does not know the cookie')",
        replacement: '',
        test: 'plugins/transport-pt/ext-or-port.test.ts',
        name: 'refuses who does not know the cookie',
      },
      {
        breaks: 'a program makes Qanat connect to somebody else',
        file: 'plugins/transport-pt/managed.js',
        text: 'place === undefined || !isLoopback(place.host)',
        replacement: 'place === undefined',
        test: 'plugins/transport-pt/programs.test.ts',
        name: 'is refused, and ended, if it says',
      },
      {
        breaks: 'a program that always ends is started again and again',
        file: 'plugins/transport-pt/kept-program.js',
        text: 'Math.min(2 * pause, LAST_PAUSE)',
        replacement: 'Math.min(pause, LAST_PAUSE)',
        test: 'plugins/transport-pt/programs.test.ts',
        name: 'after a pause that doubles',
      },
      {
        breaks: 'a program that is refused goes on',
        file: 'plugins/transport-pt/managed.js',
        text: '    void child.end()\n',
        replacement: '',
        test: 'plugins/transport-pt/programs.test.ts',
        name: 'is refused, and ended, if it says',
      },
    ],
  },
  {
    promise:
      "What a plugin throws, returns wrongly or never ends costs no more than its link if a stranger may bring it about, is told with the plugin's name and the function's, and holds up no end",
    mutants: [
      {
        breaks: 'an end that hangs is waited for by what waits for all parts, which knows no name of it',
        file: 'src/app/faults/faults.ts',
        text: 'END_LIMIT = 5_000',
        replacement: 'END_LIMIT = 50_000',
        test: 'test/app/tunnel/tunnel.faults.test.ts',
        name: 'ends within 6 s all the same, and says so in one line',
      },
      {
        breaks: 'a part whose making hangs is waited for beyond what the documents say',
        file: 'src/app/faults/faults.ts',
        text: 'MAKE_LIMIT = 10_000',
        replacement: 'MAKE_LIMIT = 100_000',
        test: 'test/app/tunnel/tunnel.faults.test.ts',
        name: 'does not start, with code 2 and one line',
      },
      {
        breaks: 'what a link hands over is taken unseen',
        file: 'src/app/faults/guarded-transport.ts',
        text: 'if (isDatagrams(datagrams))',
        replacement: 'if (isDatagrams(datagrams) || Array.isArray(datagrams))',
        test: 'test/app/tunnel/tunnel.faults.test.ts',
        name: 'is closed with one line, and dialled again',
      },
      {
        breaks: 'the user of a link that threw goes on with it',
        file: 'src/app/faults/guarded-link.ts',
        text: 'queueMicrotask(() => this.#handlers.closed(this, fault))',
        replacement: 'queueMicrotask(() => this.#handlers.drained(this))',
        test: 'test/app/tunnel/tunnel.faults.test.ts',
        name: 'is closed with one line, and dialled again',
      },
      {
        breaks: 'what comes later of a connection that was accepted is nobody’s',
        file: 'src/app/faults/plugin-scope.ts',
        text: 'scopes.run(within, ',
        replacement: 'scopes.run(within && undefined, ',
        test: 'test/app/faults/plugin-scope.test.ts',
        name: 'what a listener does later for a connection that was accepted is still the plugin’s',
      },
      {
        breaks: 'a cipher may return whatever it likes',
        file: 'src/app/faults/guarded-cipher.ts',
        text: 'if (isDatagrams(sealed)) return sealed',
        replacement: 'if (sealed !== null) return sealed',
        test: 'test/app/tunnel/tunnel.faults.test.ts',
        name: 'ends, and its error names it',
      },
    ],
  },
  {
    promise:
      "Those that prove nothing to a plugin's listener are bounded together with those of built-in ones, all without an address as one source",
    mutants: [
      {
        breaks: 'those without an address are bounded by nothing but the number in all',
        file: 'src/app/plugins/plugin-helpers.ts',
        text: '(source = NO_ADDRESS, close)',
        replacement: '(source, close)',
        test: 'test/transports/network/plugin-streams.test.ts',
        name: 'bounds those without an address as one source',
      },
      {
        breaks: 'a link that proved nothing in time goes on, since its socket alone is closed',
        file: 'src/transports/network/plugin-streams.ts',
        text: '    admitted?.closedBy(() => link.cut())\n',
        replacement: '',
        test: 'test/transports/network/plugin-streams.test.ts',
        name: 'settles with the link that it was given to, and closes that',
      },
    ],
  },
]

/** The promise under "On the host" about programs that plugins start. */
export const ofPrograms: readonly Kept[] = [
  {
    promise:
      'A program of a plugin gets no rights, no environment and no folder but its own; nothing but that program, and questions about names that local users ask its port, passes beside a full tunnel for it; it ends with Qanat, without a full tunnel only if it stays in its process group, and no journal has others ended in its place',
    mutants: [
      {
        breaks: 'it gains the rights of what it executes',
        file: 'src/host/children/child-process.ts',
        text: "'--no-new-privs', ",
        replacement: '',
        test: 'test/host/children/child-process.test.ts',
        name: 'gains no rights',
      },
      {
        breaks: 'it knows the environment of Qanat',
        file: 'src/host/children/child-process.ts',
        text: 'env: { ...cleanEnvironment(), ...env }',
        replacement: 'env: { ...process.env, ...cleanEnvironment(), ...env }',
        test: 'test/host/children/child-process.test.ts',
        name: 'knows nothing of the environment',
      },
      {
        breaks: 'it is given a folder of somebody else',
        file: 'src/host/children/child-folder.ts',
        text: 'if (!isOurs && ',
        replacement: 'if (!isOurs && uid < 0 && ',
        test: 'test/host/children/child-process.test.ts',
        name: "is refused if it is somebody else's",
      },
      {
        breaks: 'it is given a file of root that it has a name of in its folder',
        file: 'src/host/children/child-folder.ts',
        text: 'if (isChildUser(about.uid)) fchownSync',
        replacement: 'fchownSync',
        test: 'test/host/children/child-process.test.ts',
        name: 'takes with it no file of root that has a name in it',
      },
      {
        breaks: 'a folder that it runs in is walked through again',
        file: 'src/host/children/child-folder.ts',
        text: 'if (user === undefined || owner === user) return',
        replacement: 'if (user === undefined) return',
        test: 'test/host/children/child-process.test.ts',
        name: 'is left as it is while a program of its user runs in it',
      },
      {
        breaks: 'what it started outlives it',
        file: 'src/host/children/child-process.ts',
        text: 'done; kill -KILL 0)',
        replacement: 'done)',
        test: 'test/host/children/child-process.test.ts',
        name: 'ends with what it started',
      },
      {
        breaks: 'whoever is asked from this host gets past the tunnel',
        file: 'src/host/filter/tunnel-rules.ts',
        text: "{ child, notTo: 'lo', verdict: { mark } }",
        replacement: "{ notTo: 'lo', verdict: { mark } }",
        test: 'test/host/firewall.test.ts',
        name: 'lets programs in a group past the tunnel, and no others',
      },
      {
        breaks: 'a journal has root end the programs of any user',
        file: 'src/host/record/change.ts',
        text: "typeof user === 'number' && isChildUser(user)",
        replacement: "typeof user === 'number'",
        test: 'test/host/children/child-places.test.ts',
        name: 'believes no journal that has others than its own programs ended',
      },
      {
        breaks: 'a journal has root end any service',
        file: 'src/host/record/change.ts',
        text: '(?:[!-~]+\\/)?qanat-[0-9a-f]{8}$/',
        replacement: '[!-~]+$/',
        test: 'test/host/children/child-places.test.ts',
        name: 'believes no journal that has others than its own programs ended',
      },
      {
        breaks: 'its output has a terminal obey',
        file: 'src/host/children/logged-output.ts',
        text: 'line: escaped(line) }',
        replacement: 'line }',
        test: 'test/host/children/output-lines.test.ts',
        name: 'no character that a terminal obeys',
      },
      {
        breaks: 'a program outlives a tunnel that was killed',
        file: 'src/host/children/child-group.ts',
        text: '      killGroup(folder)\n',
        replacement: '      if (look === 0) killGroup(folder)\n',
        test: 'test/e2e/plugins/spawn.test.ts',
        name: 'in a control group of their own',
      },
    ],
  },
  {
    promise:
      'What a plugin keeps can be read by nobody but whom the tunnel goes on as, and writing it follows no link',
    mutants: [
      {
        breaks: 'every user may look at what a plugin keeps',
        file: 'src/app/storage/storage-file.ts',
        text: 'const FILE_MODE = 0o600',
        replacement: 'const FILE_MODE = 0o644',
        test: 'test/app/storage/kept-values.test.ts',
        name: 'is in a folder and a file that nobody else can read',
      },
      {
        breaks: 'a link where the next text is written has another file written',
        file: 'src/app/storage/storage-file.ts',
        text: "    await rm(draft, { force: true }) // a kill may have left it, and it is followed nowhere\n    const file = await open(draft, 'wx', FILE_MODE)\n",
        replacement: "    const file = await open(draft, 'w', FILE_MODE)\n",
        test: 'test/app/storage/kept-values.test.ts',
        name: 'and follows no link there',
      },
    ],
  },
  {
    promise:
      'What a plugin opens by its network passes beside a full tunnel from the first packet to the last, names among it, and nothing else does, but for what local users send to its relays',
    mutants: [
      {
        breaks: 'the datagrams of a plugin go into the tunnel',
        file: 'src/transports/network/bind-udp-at.ts',
        text: 'if (mark === 0) socket.bind',
        replacement: 'if (mark >= 0) socket.bind',
        test: 'test/transports/network/plugin-network.test.ts',
        name: 'bears the mark by TCP, TLS, HTTP, HTTPS, UDP and a relay',
      },
      {
        breaks: 'the agent of HTTPS connects into the tunnel',
        file: 'src/transports/network/agents.ts',
        text: 'later(connect(placeOf(options)).then(secure), done!)',
        replacement: '(void secure, super.createConnection(options, done))',
        test: 'test/transports/network/plugin-network.test.ts',
        name: 'bears the mark by TCP, TLS, HTTP, HTTPS, UDP and a relay',
      },
      {
        breaks: 'what a plugin accepts is answered into the tunnel',
        file: 'src/transports/accepting/listen.ts',
        text: '  serve(server)\n',
        replacement: '  void serve\n',
        test: 'test/transports/network/plugin-network.test.ts',
        name: 'bears the mark by TCP, TLS, HTTP, HTTPS, UDP and a relay',
      },
    ],
  },
]
