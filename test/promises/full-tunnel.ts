import type { Kept } from './mutant.js'

/** The promises of docs/security.md about what a tunnel changes on its host. */
export const onFullTunnels: readonly Kept[] = [
  {
    promise:
      'A full tunnel lets nothing out but its carrier, its look-ups and the upkeep of the network; IPv6 is blocked if only IPv4 is tunnelled',
    mutants: [
      {
        breaks: 'the filter lets out what has no mark',
        file: 'src/host/firewall.ts',
        text: 'type filter hook output priority 0; policy drop',
        replacement: 'type filter hook output priority 0; policy accept',
        test: 'test/host/firewall.test.ts',
        name: 'lets out what bears the mark, goes into the tunnel or to the host itself, and the upkeep of its network',
      },
      {
        breaks: 'packets leave in the clear while the device is down',
        file: 'src/host/routing/tunnel-table.ts',
        text: 'if (!there.some(isUnreachable)) {',
        replacement: 'if (there.length < 0) {',
        test: 'test/e2e/host/taken-away.test.ts',
        name: 'leaves nothing in the clear while it is down',
      },
      {
        breaks: 'what somebody removes stays removed',
        file: 'src/host/routing/tunnel-routing.ts',
        text: 'if (there) continue',
        replacement: 'if (there || !there) continue',
        test: 'test/e2e/host/taken-away.test.ts',
        name: 'flushes the rules of IPv4',
      },
      {
        breaks: 'a route that DHCP brings passes by the tunnel',
        file: 'src/host/routing/underlay-routes.ts',
        text: 'return !TOLD_BY_NETWORK.includes(protocol)',
        replacement: 'return !TOLD_BY_NETWORK.includes(protocol + 1)',
        test: 'test/host/routing/underlay-routes.test.ts',
        name: 'does not pass',
      },
      {
        breaks: 'two tunnels choose one table',
        file: 'src/host/routing/network-lock.ts',
        text: 'if (!holder.isTrusted) {',
        replacement: 'if (holder.isTrusted) {',
        test: 'test/host/routing/network-lock.test.ts',
        name: 'lets one work at a time, whoever waits',
      },
      {
        breaks: 'what keeps removing a route is fought without end',
        file: 'src/host/routing/upkeep.ts',
        text: 'Math.max(soonest, oldest + WINDOW)',
        replacement: 'Math.max(soonest, oldest)',
        test: 'test/host/routing/upkeep.test.ts',
        name: 'is restored three times in ten seconds',
      },
      {
        breaks: 'IPv6 goes out beside a tunnel of IPv4',
        file: 'src/host/routing/tunnel-routing.ts',
        text: 'if (hasIpv6()) this.#lead',
        replacement: 'if (ipv6) this.#lead',
        test: 'test/e2e/host/full-tunnel.test.ts',
        name: 'lets nothing out but its carrier',
      },
    ],
  },
  {
    promise:
      'A kill switch stands from before connecting to an orderly end: over kill −9 and the next start, a device that fails, and a start that fails then',
    mutants: [
      {
        breaks: 'a kill switch goes where the device fails',
        file: 'src/host/host-changes.ts',
        text: 'settings.killSwitch && !(orderly && cameBack) && belongsToKillSwitch(change)',
        replacement: 'settings.killSwitch && !(orderly || cameBack) && belongsToKillSwitch(change)',
        test: 'test/e2e/host/host-residue.test.ts',
        name: 'keeps but its kill switch where the device fails, until it has run again',
      },
    ],
  },
  {
    promise:
      'Nothing is left behind after SIGTERM, a hook that fails or hangs, or a full disk: addresses, routes, rules, packet filter, kernel settings, name servers; after kill −9, at the next start or `qanat down`',
    mutants: [
      {
        breaks: 'what a killed process left stays',
        file: 'src/host/repair.ts',
        text: 'changes.filter((change) => !stays(change))',
        replacement: 'changes.filter(stays)',
        test: 'test/host/repair.test.ts',
        name: 'what a killed process left is undone, once',
      },
      {
        breaks: 'what cannot be undone is forgotten',
        file: 'src/host/repair.ts',
        text: 'journal.settle([...staying, ...failed])',
        replacement: 'journal.settle(staying)',
        test: 'test/host/repair.test.ts',
        name: 'what cannot be undone stays in the journal, and the rest is undone',
      },
      {
        breaks: 'routing rules stay after SIGTERM',
        file: 'src/host/undo.ts',
        text: 'return removeRule(change)',
        replacement: "return removeRoutes({ ...change, kind: 'table' })",
        test: 'test/e2e/host/host-residue.test.ts',
        name: 'is as before after SIGTERM',
      },
    ],
  },
  {
    promise: 'Every change is undone, the last one first; one that fails does not keep the rest',
    mutants: [
      {
        breaks: 'What a tunnel made is undone, the last thing first',
        file: 'src/app/tunnel/undo.ts',
        text: '.splice(0).reverse()',
        replacement: '.splice(0)',
        test: 'test/app/tunnel/undo.test.ts',
        name: 'undoes the last thing first, and each only once the one made after it is undone',
      },
      {
        breaks: 'One part that does not close does not keep the others',
        file: 'src/app/tunnel/undo.ts',
        text: "      this.#log.warn('cannot close a part', { why: asError(thrown).message })",
        replacement: '        throw thrown',
        test: 'test/app/tunnel/undo.test.ts',
        name: 'undoes everything once, also where one of it fails, and tells of that',
      },
      {
        breaks: 'What was changed of the host is undone, the last change first',
        file: 'src/host/undo.ts',
        text: ".filter(({ kind }) => kind !== 'hooks').reverse()",
        replacement: ".filter(({ kind }) => kind !== 'hooks')",
        test: 'test/host/undo.test.ts',
        name: 'undoes PreDown first, then the last change first, then PostDown',
      },
      {
        breaks: 'PreDown runs before the host is restored, and PostDown after it',
        file: 'src/host/undo.ts',
        text: "[...hooks('PreDown'), ...others, ...hooks('PostDown')]",
        replacement: "[...others, ...hooks('PreDown'), ...hooks('PostDown')]",
        test: 'test/host/undo.test.ts',
        name: 'undoes PreDown first, then the last change first, then PostDown',
      },
      {
        breaks: 'What could not be undone is kept in its order',
        file: 'src/host/undo.ts',
        text: 'failed.unshift(change)',
        replacement: 'failed.push(change)',
        test: 'test/host/undo.test.ts',
        name: 'gives back what could not be undone, in the order in which it was changed, and undoes the rest',
      },
    ],
  },
  {
    promise:
      'Nothing that hangs keeps the host from being restored: parts end side by side, and are waited for 5 s',
    mutants: [
      {
        breaks: 'A part that hangs is waited for without an end',
        file: 'src/app/tunnel/undo.ts',
        text: 'PART_LIMIT = 5_000',
        replacement: 'PART_LIMIT = Number.POSITIVE_INFINITY',
        test: 'test/app/tunnel/undo.test.ts',
        name: 'waits 5 s for a part that hangs, tells of it and undoes the rest',
      },
      {
        breaks: 'Parts that hang are waited for one after another',
        file: 'src/app/tunnel/undo.ts',
        text: 'await Promise.all(parts.splice(0).map((part) => this.#end(part)))',
        replacement: 'for (const part of parts.splice(0)) await this.#end(part)',
        test: 'test/app/tunnel/undo.test.ts',
        name: 'undoes the parts of a step at the same time, so that all that hang cost 5 s together',
      },
      {
        breaks: 'What restores the host is cut short',
        file: 'src/app/tunnel/undo.ts',
        text: 'OWN_LIMIT = Number.POSITIVE_INFINITY',
        replacement: 'OWN_LIMIT = PART_LIMIT',
        test: 'test/app/tunnel/undo.test.ts',
        name: 'waits for what bounds itself, however long that takes',
      },
      {
        breaks: 'Nothing is kept for the end',
        file: 'src/native/process/descriptors.ts',
        text: 'while (this.#kept.length < count)',
        replacement: 'while (this.#kept.length < 0)',
        test: 'test/native/process/descriptors.test.ts',
        name: 'keeps descriptors, which are free for nobody but the end, and for all once that is over',
      },
    ],
  },
  {
    promise:
      'A tunnel that gave up root cannot make root do more by its journal than restore a network: no command, no file of its choice',
    mutants: [
      {
        breaks: 'a journal names any file',
        file: 'src/host/record/change.ts',
        text: 'matches(/^\\/proc\\/sys\\/net\\/ipv[46]\\/./, path) && normalize(String(path)) === path',
        replacement: 'matches(/^\\/proc\\/sys\\/net\\/ipv[46]\\/./, path)',
        test: 'test/host/record/journal.test.ts',
        name: 'makes nobody run a command or write a file of choice',
      },
      {
        breaks: "a journal names a table of the kernel's",
        file: 'src/host/record/change.ts',
        text: '(value as number) >= FIRST_TABLE',
        replacement: 'FIRST_TABLE > 0',
        test: 'test/host/record/journal.test.ts',
        name: 'makes nobody run a command or write a file of choice',
      },
    ],
  },
  {
    promise:
      "What another user noted is undone no further than that user's own power, but for what root noted before: no text of a file, no record of resolvconf, no interface",
    mutants: [
      {
        breaks: 'root writes the name servers that another user noted',
        file: 'src/host/record/believed.ts',
        text: "    case 'name-servers':\n",
        replacement: "      return isAmong(change, noted)\n    case 'name-servers':\n      return true\n",
        test: 'test/host/record/believed.test.ts',
        name: 'is not undone where it is beyond that user',
      },
      {
        breaks: 'another user names interfaces',
        file: 'src/host/record/believed.ts',
        text: 'conf\\/(?:all|default)\\/',
        replacement: 'conf\\/[a-z0-9]+\\/',
        test: 'test/host/record/believed.test.ts',
        name: 'is not undone where it is beyond that user',
      },
      {
        breaks: 'what root noted is forgotten',
        file: 'src/host/record/believed.ts',
        text: 'noted.some((one) => isDeepStrictEqual(one, change))',
        replacement: 'noted.includes(change)',
        test: 'test/host/record/believed.test.ts',
        name: 'is undone where root noted the very same',
      },
      {
        breaks: 'what another user says that root noted is believed',
        file: 'src/host/record/journal.ts',
        text: 'isOwn(owner) ? parseJournal(text).changes : []',
        replacement: 'isOwn(owner) || owner > 0 ? parseJournal(text).changes : []',
        test: 'test/host/record/journal.test.ts',
        name: 'is believed without what root noted, if that was another user',
      },
      {
        breaks: 'root goes on with a file that another user has open',
        file: 'src/host/record/journal.ts',
        text: 'if (isForeign || !isSame',
        replacement: 'if (!isSame',
        test: 'test/host/record/journal.test.ts',
        name: 'is another file once root goes on with it: that user may have it open',
      },
    ],
  },
  {
    promise: 'Connections and look-ups bear their mark from the first packet',
    mutants: [
      {
        breaks: 'a connection bears no mark',
        file: 'src/native/sockets/marked-socket.ts',
        text: '    setMark(native, fd, mark)\n    return fd\n',
        replacement: '    return fd\n',
        test: 'test/transports/dialing/marked-egress.test.ts',
        name: 'reaches what only marked packets reach, from the first packet to the last',
      },
      {
        breaks: 'a look-up bears no mark',
        file: 'src/native/sockets/marked-socket.ts',
        text: '    setMark(native, fd, mark)\n    return fd\n',
        replacement: "    if (kind === 'stream') setMark(native, fd, mark)\n    return fd\n",
        test: 'test/transports/dialing/marked-egress.test.ts',
        name: 'looks names up by marked datagrams',
      },
    ],
  },
  {
    promise: 'Answers of name servers that are random, cut, endless, or to another question do no harm',
    mutants: [
      {
        breaks: 'an answer to another question is taken',
        file: 'src/transports/dns/dns-message.ts',
        text: '    id === question.id &&\n',
        replacement: '',
        test: 'test/transports/dns/dns-message.test.ts',
        name: 'is none where its number, its name, its type or its direction is another',
      },
      {
        breaks: 'addresses of other names are taken',
        file: 'src/transports/dns/dns-message.ts',
        text: 'answers.filter((record) => canonical(record.name) === wanted)',
        replacement: 'answers.slice()',
        test: 'test/transports/dns/dns-message.test.ts',
        name: 'brings no address of another name',
      },
    ],
  },
]
