import type { Kept } from './mutant.js'

/** The promises of docs/security.md about what passes beside a tunnel. */
export const besideTunnels: readonly Kept[] = [
  {
    promise:
      "A login passes beside a tunnel only if its file says so: a browser of whoever called sudo, never root, to ports 80 and 443 of other hosts and to the network's name servers, until its time is up at the latest; nothing of it outlives `qanat login`",
    mutants: [
      {
        breaks: 'any file allows it',
        file: 'src/cli/login/login.ts',
        text: 'if (own.login !== true)',
        replacement: "if (own.login === ('never' as never))",
        test: 'test/e2e/guest/login.test.ts',
        name: 'is refused if its file does not allow it',
      },
      {
        breaks: 'the kernel keeps the ports open',
        file: 'src/host/login/login-script.ts',
        text: 'timeout $',
        replacement: 'timeout 9$',
        test: 'test/e2e/guest/login.test.ts',
        name: 'by the kernel if its process stands still',
      },
      {
        breaks: 'root runs a browser',
        file: 'src/host/login/browser.ts',
        text: '/^[1-9]\\d{0,9}$/',
        replacement: '/^.*$/',
        test: 'test/host/login/browser.test.ts',
        name: 'never runs as root',
      },
      {
        breaks: 'this host is reached by its own address',
        file: 'src/transports/login/web-relay.ts',
        text: '!isOwn(address) &&',
        replacement: '',
        test: 'test/transports/login/web-relay.test.ts',
        name: 'and not to one of this host',
      },
      {
        breaks: 'any name server is asked',
        file: 'src/transports/login/web-relay.ts',
        text: '(port !== DNS_PORT || nameServers.includes(address))',
        replacement: '(port !== DNS_PORT || nameServers.length > 0)',
        test: 'test/transports/login/web-relay.test.ts',
        name: 'asks name servers alone',
      },
      {
        breaks: 'it goes on when its time is up',
        file: 'src/app/login/login-end.ts',
        text: "resolve({ by: 'time' })",
        replacement: 'undefined',
        test: 'test/app/login/login-end.test.ts',
        name: 'ends when its time is up',
      },
      {
        breaks: 'several are open at once',
        file: 'src/app/login/login-lease.ts',
        text: 'if (this.#open !== undefined)',
        replacement: 'if (this.#open === null)',
        test: 'test/app/login/login-lease.test.ts',
        name: 'is one at a time',
      },
    ],
  },
  {
    promise:
      'What is excluded from a tunnel, and no more, is reached outside it, also with a kill switch; what a peer owns within it is not, whatever a server pushes',
    mutants: [
      {
        breaks: 'what a peer owns leaves the host in the clear',
        file: 'src/core/settings/excluded-ranges.ts',
        text: 'one.bits > range.bits && liesWithin(one, range)',
        replacement: 'one.bits > range.bits && liesWithin(range, one)',
        test: 'test/core/settings/excluded-ranges.test.ts',
        name: 'but for what a peer owns within',
      },
      {
        breaks: 'what a reload no longer excludes goes on to leave in the clear',
        file: 'src/host/routing/tunnel-table.ts',
        text: 'if (!wanted.has(keyOf(route))) this.#network',
        replacement: 'if (!wanted.has(keyOf(route)) && wanted.size > 9) this.#network',
        test: 'test/host/routing/tunnel-routing.test.ts',
        name: 'leaves what is excluded to the tables behind it',
      },
      {
        breaks: 'a server leads what is excluded into the tunnel',
        file: 'src/app/device/device-settings.ts',
        text: 'if (this.#excluded.length === 0) return routes',
        replacement: 'if (this.#excluded.length >= 0) return routes',
        test: 'test/app/tunnel/tunnel.settings.test.ts',
        name: 'leads nothing of them into it that its file excludes',
      },
    ],
  },
  {
    promise:
      'A kill switch that allows local networks lets pass those that are private and that the host is connected to at that time, and nothing else',
    mutants: [
      {
        breaks: 'a public range that a network claims passes',
        file: 'src/host/routing/connected-lan.ts',
        text: 'isPrivate(route.destination)',
        replacement: 'isPrivate !== undefined',
        test: 'test/host/routing/connected-lan.test.ts',
        name: 'are private ones that it is connected to',
      },
      {
        breaks: 'local addresses leave by any interface',
        file: 'src/host/filter/tunnel-rules.ts',
        text: '({ family, to, destination: ranges })',
        replacement: '({ family, destination: ranges })',
        test: 'test/host/firewall.test.ts',
        name: 'lets local networks pass by their interfaces',
      },
      {
        breaks: 'a network that the host left goes on to pass',
        file: 'src/host/tunnel-filter.ts',
        text: 'if (this.#state.beside.allowLan) await',
        replacement: "if (this.#state.beside.allowLan && this.#device === '') await",
        test: 'test/e2e/guest/allow-lan.test.ts',
        name: 'reaches them and is reached, those that come as well',
      },
    ],
  },
  {
    promise:
      'A tunnel whose ranges hold its own endpoint carries them and never itself, and narrower routes of the host stay',
    mutants: [
      {
        breaks: 'the way to the endpoint leads into the tunnel',
        file: 'src/app/device/ranges-around.ts',
        text: 'const around = tun.routes.filter(isAround)',
        replacement: 'const around = tun.routes.filter((range) => !isAround(range) && range.bits > 128)',
        test: 'test/app/device/ranges-around.test.ts',
        name: 'are apart from the others',
      },
      {
        breaks: 'a narrower route of the host is lost to the tunnel',
        file: 'src/host/routing/tunnel-table.ts',
        text: 'if (isClosed || this.#around.length === 0) return []',
        replacement: 'if (isClosed || this.#around.length > 0) return []',
        test: 'test/host/routing/tunnel-routing.test.ts',
        name: 'leads around what carries the tunnel',
      },
    ],
  },
  {
    promise:
      'Answers to connections from outside leave the way they came, and nothing else by their mark; with a kill switch only if its file says so',
    mutants: [
      {
        breaks: 'a kill switch lets answers out unasked',
        file: 'src/host/routing/inbound-mark.ts',
        text: 'asked ?? !killSwitch',
        replacement: 'asked ?? true',
        test: 'test/host/routing/inbound-mark.test.ts',
        name: 'is another one than the carrier',
      },
      {
        breaks: 'what the host forwards for others leaves in the clear',
        file: 'src/host/filter/tunnel-rules.ts',
        text: '      isForHost: true,\n',
        replacement: '',
        test: 'test/host/firewall.test.ts',
        name: 'marks what others begin with the host itself',
      },
    ],
  },
]

/** That about rehearsals, which run beside one. */
export const ofRehearsals: readonly Kept[] = [
  {
    promise:
      'Nothing of a rehearsal leaves the host, and nothing of it touches the tunnel: its sockets are bound to 127.0.0.1, keys and timestamps are of its own, a plugin in it reaches nobody, and what that throws ends the rehearsal alone',
    mutants: [
      {
        breaks: 'what the near end dials by is bound to all addresses',
        file: 'src/app/rehearsal/rehearsed.ts',
        text: "nearListen: kind === 'datagram' ? [new URL(listen)] : []",
        replacement: 'nearListen: []',
        test: 'test/app/rehearsal/rehearsal.test.ts',
        name: 'on the loopback alone, and leaves nothing',
      },
      {
        breaks: 'handshakes take their timestamps from those of the tunnel',
        file: 'src/app/rehearsal/generation.ts',
        text: '  setTimestampsApart(clock)\n',
        replacement: '',
        test: 'test/app/rehearsal/rehearsal.test.ts',
        name: 'makes timestamps of its own',
      },
      {
        breaks: 'a plugin reaches others',
        file: 'src/app/rehearsal/generation.ts',
        text: '  takeOffline(container)\n',
        replacement: '',
        test: 'test/app/rehearsal/rehearsal.plugins.test.ts',
        name: 'has one with nothing in its storage, a network that refuses',
      },
      {
        breaks: 'what a plugin throws later on ends the tunnel',
        file: 'src/app/rehearsal/generation.ts',
        text: '  outliveFaults(container)\n',
        replacement: '',
        test: 'test/app/rehearsal/rehearsal.plugins.test.ts',
        name: 'bears with what one throws where nobody waits for it',
      },
    ],
  },
]
