import type { Kept } from './mutant.js'

/** The promises of docs/security.md about what a host had before a tunnel came. */
export const asGuest: readonly Kept[] = [
  {
    promise:
      'What a reload changes of the host is there whole or not at all, also after a kill: what it no longer asks for is given back, and a kill switch that came with it stays',
    mutants: [
      {
        breaks: 'a reload that fails leaves half of what it asked for',
        file: 'src/host/host-changes.ts',
        text: 'await this.#become(device, before).catch(',
        replacement: 'await Promise.resolve().catch(',
        test: 'test/host/host-changes.test.ts',
        name: 'goes back to the settings of before where some of others cannot be had',
      },
      {
        breaks: 'nobody knows after a kill that a kill switch came with a reload',
        file: 'src/host/host-changes.ts',
        text: 'this.#journal.noteRun(runOf(this.#parts))',
        replacement: 'runOf(this.#parts)',
        test: 'test/e2e/guest/reloaded-host.test.ts',
        name: 'stays closed after kill -9 by a kill switch that came with a reload',
      },
      {
        breaks: 'forwarding stays though the file no longer asks for it',
        file: 'src/host/tunnel-forwarding.ts',
        text: 'else await this.#end(this.#changes ?? [])',
        replacement: 'else await this.#end([])',
        test: 'test/e2e/guest/reloaded-host.test.ts',
        name: 'gets all that the file asks for by now, gives it back',
      },
    ],
  },
  {
    promise:
      'A file with `SaveConfig` is written at once, for its owner alone, and only if nobody else could write it',
    mutants: [
      {
        breaks: 'root writes into a file of another user',
        file: 'src/cli/actions/save-config.ts',
        text: 'if (step !== undefined) throw',
        replacement: 'if (step !== undefined && step.uid < 0) throw',
        test: 'test/interop/save-config.test.ts',
        name: 'leaves the file as it is if nothing was set, or another user could write it',
      },
      {
        breaks: 'others may still read the keys',
        file: 'src/cli/actions/save-config.ts',
        text: '{ most: 0o600 }',
        replacement: '{ most: 0o777 }',
        test: 'test/interop/save-config.test.ts',
        name: 'writes at the end what wg set, as wg-quick does, for the owner alone',
      },
    ],
  },
  {
    promise: "The name that a file expects in a name server's certificate reaches systemd-resolved",
    mutants: [
      {
        breaks: 'the name is dropped',
        file: 'src/host/dns.ts',
        text: 'names[server] === undefined ? server :',
        replacement: "names[server] !== '' ? server :",
        test: 'test/host/dns.test.ts',
        name: 'are told to systemd-resolved with the names in their certificates, and without if it takes none',
      },
      {
        breaks: 'it is taken for a comment of a wg-quick file',
        file: 'src/config/wg-quick/comments.ts',
        text: '/^\\s*DNS\\s*=/i.test(line) ? COMMENT_OF_DNS : /#.*/',
        replacement: '/^\\s*DNS\\s*=/i.test(line) ? /#.*/ : COMMENT_OF_DNS',
        test: 'test/config/wg-quick/read.test.ts',
        name: 'one.one.one.one',
      },
    ],
  },
  {
    promise:
      "With `dns-domains` the tunnel's name servers are asked for these names alone, and a host that cannot do that is not changed",
    mutants: [
      {
        breaks: 'a host that asks for all names or none is changed',
        file: 'src/host/dns.ts',
        text: 'if (split.isRequired) {',
        replacement: 'if (split.isRequired && domains === "") {',
        test: 'test/host/dns.test.ts',
        name: 'are not changed if nobody can ask them for some domains alone',
      },
      {
        breaks: 'they are asked for what no other interface claims',
        file: 'src/host/dns.ts',
        text: "['default-route', device, 'false']",
        replacement: "['default-route', device, 'true']",
        test: 'test/host/dns.test.ts',
        name: 'are asked for some domains alone by systemd-resolved',
      },
    ],
  },
  {
    promise:
      'With `namespace` the device and all that is changed for it are in that network namespace, and undone there after kill −9; outside nothing is changed, and what carries the tunnel is',
    mutants: [
      {
        breaks: 'rules, filter and name servers are changed outside',
        file: 'src/host/host-changes.ts',
        text: 'return about(this.#parts.namespace, step)',
        replacement: 'return about(undefined, step)',
        test: 'test/e2e/guest/namespace.test.ts',
        name: 'has all of a full tunnel there and nothing outside',
      },
      {
        breaks: 'what a killed tunnel left inside is looked for outside',
        file: 'src/host/repair.ts',
        text: 'const done = await about(namespace, () =>',
        replacement: 'const done = await about(undefined, () =>',
        test: 'test/e2e/guest/namespace.test.ts',
        name: 'is restored there by the guard after kill -9',
      },
      {
        breaks: 'another user names the process that root ends',
        file: 'src/host/record/journal.ts',
        text: 'isOwn(journal.uid) ? left.hook : undefined',
        replacement: 'left.hook',
        test: 'test/host/record/journal.test.ts',
        name: 'does not tell which process root is to end',
      },
      {
        breaks: 'another user names the namespace in which root changes something',
        file: 'src/host/record/journal.ts',
        text: 'namespace: isOwn(journal.uid) ? left.namespace : unnamed',
        replacement: 'namespace: isOwn(journal.uid) ? left.namespace : left.namespace ?? unnamed',
        test: 'test/host/record/journal.test.ts',
        name: 'does not tell in which namespace with a name root is to undo that',
      },
    ],
  },
  {
    promise:
      'A tunnel takes no route of the host, of another program or tunnel, or of the user, whatever its metric: networks of the host stay with it, all else stops the start or the reload, and nothing is changed',
    mutants: [
      {
        breaks: 'a part of a network of the host is led into the tunnel',
        file: 'src/host/networks/judge-route.ts',
        text: "if (network !== undefined) return { is: 'left-alone', network }",
        replacement: "if (network === null) return { is: 'left-alone', network }",
        test: 'test/host/networks/judge-route.test.ts',
        name: ', because of ',
      },
      {
        breaks: 'a part of what another tunnel reaches is taken',
        file: 'src/host/networks/judge-route.ts',
        text: '(isEqual(destination, wanted) || gateways.length === 0)',
        replacement: 'isEqual(destination, wanted)',
        test: 'test/host/networks/judge-route.test.ts',
        name: ', because of ',
      },
      {
        breaks: 'a static route is taken',
        file: 'src/host/networks/judge-route.ts',
        text: '(isEqual(destination, wanted) || gateways.length === 0)',
        replacement: 'gateways.length === 0',
        test: 'test/host/networks/judge-route.test.ts',
        name: ', because of ',
      },
      {
        breaks: 'the next hop is led into the tunnel',
        file: 'src/host/networks/judge-route.ts',
        text: 'way.destination.bits <= destination.bits',
        replacement: 'way.destination.bits < 0',
        test: 'test/host/networks/judge-route.test.ts',
        name: ', because of ',
      },
      {
        breaks: 'the carrier is led into the tunnel',
        file: 'src/host/networks/judge-route.ts',
        text: 'route === undefined || route.destination.bits <= destination.bits',
        replacement: 'route === undefined',
        test: 'test/host/networks/judge-route.test.ts',
        name: ', because of ',
      },
      {
        breaks: 'a bridge of containers passes for a network of the host',
        file: 'src/host/networks/host-routing.ts',
        text: 'isOfGuests || TUNNELS.includes(device.kind)',
        replacement: 'TUNNELS.includes(device.kind)',
        test: 'test/host/networks/look-beside.test.ts',
        name: ' are those of all tables but of local addresses, and say whose they are',
      },
      {
        breaks: 'a reload takes what a start would not',
        file: 'src/app/device/judged-device.ts',
        text: 'if (refusal !== undefined) throw refusal\n    await this',
        replacement: 'await this',
        test: 'test/e2e/host/good-guest.test.ts',
        name: 'lets no reload take what is not the tunnel’s',
      },
    ],
  },
  {
    promise:
      'What a program cannot undo that is missing or broken is undone in another way; what cannot be undone at all stops no start that does not need it, and `qanat down --force` forgets it',
    mutants: [
      {
        breaks: 'without nft the packet filter stays',
        file: 'src/host/undo.ts',
        text: 'go: () => deleteTable(change.table)',
        replacement: 'go: () => Promise.reject(change.table)',
        test: 'test/host/repair.test.ts',
        name: 'what nft and resolvconf cannot undo, missing or broken, goes another way, which is told',
      },
      {
        breaks: 'without nft the packet filter counts as standing on Linux before 6.10, which has removed it',
        file: 'src/native/netlink/nftables.ts',
        text: 'NFNL_MSG_BATCH_END, body: bound, acknowledged: false',
        replacement: 'NFNL_MSG_BATCH_END, body: bound, acknowledged: true',
        test: 'test/native/netlink/nftables.test.ts',
        name: 'is deleted by a kernel before 6.10, which acknowledges no begin and no end',
      },
      {
        breaks: 'a record of resolvconf stays',
        file: 'src/host/undo-resolvconf.ts',
        text: 'for (const kind of RECORDS) rmSync',
        replacement: 'for (const kind of []) rmSync',
        test: 'test/host/undo-resolvconf.test.ts',
        name: 'is taken back without it, and of no other record',
      },
      {
        breaks: 'what cannot be undone stops every start',
        file: 'src/host/prepare-changes.ts',
        text: 'failed.filter((change) => !isHere || needsUndone(settings, isLed, change))',
        replacement: 'failed',
        test: 'test/e2e/host/locked-door.test.ts',
        name: 'stops no start that does not need it',
      },
    ],
  },
  {
    promise:
      '`qanat status` names what stands of a tunnel that does not run, such as its kill switch, and what undoes it, with exit code 1',
    mutants: [
      {
        breaks: 'a kill switch of a dead tunnel is not told of unless it is asked for',
        file: 'src/cli/actions/status.ts',
        text: 'if (wanted === undefined) return leftTunnels(folder)',
        replacement: 'if (wanted === undefined) return []',
        test: 'test/cli/actions/status.test.ts',
        name: 'is told of with what lifts it',
      },
      {
        breaks: 'one that a running tunnel has is told of',
        file: 'src/control/run-lock.ts',
        text: 'runBehind(journal.replace(OF_A_FILE, ENDING)) === undefined',
        replacement: 'runBehind(journal.replace(OF_A_FILE, ENDING)) !== null',
        test: 'test/cli/actions/status.test.ts',
        name: 'is not told of while a process runs the tunnel',
      },
      {
        breaks: 'the journal of another file is believed',
        file: 'src/cli/status/left-tunnels.ts',
        text: 'journalsOf(one, dirname(journal)).includes(journal)',
        replacement: 'journalsOf(one, dirname(journal)).length >= 0',
        test: 'test/cli/actions/status.test.ts',
        name: 'is none of a file that only the journal of another one names',
      },
    ],
  },
  {
    promise:
      "Where the kernel's settings of IPv6 are hidden, IPv6 is left out only if it is off: a loopback interface that is down shows nothing",
    mutants: [
      {
        breaks: 'IPv6 is left out while the loopback interface is down',
        file: 'src/host/kernel/ipv6-off.ts',
        text: "readSetting(ADDRESSES) === '' && isLoopbackUp()",
        replacement: "readSetting(ADDRESSES) === '' && typeof isLoopbackUp() === 'boolean'",
        test: 'test/host/kernel/ipv6-off.test.ts',
        name: 'takes IPv6 for off without the settings only if the loopback interface is up, without IPv6',
      },
    ],
  },
]
