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
      'A full tunnel fails closed while its process lives: with its device down nothing leaves, what somebody removes of its network is back within a second, and DHCP and routers lead nothing past it',
    mutants: [
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
        breaks: 'what keeps removing a route is fought without end',
        file: 'src/host/routing/upkeep.ts',
        text: 'Math.max(soonest, oldest + WINDOW)',
        replacement: 'Math.max(soonest, oldest)',
        test: 'test/host/routing/upkeep.test.ts',
        name: 'is restored three times in ten seconds',
      },
    ],
  },
  {
    promise: 'Tunnels of one network choose different tables, also if they start at once',
    mutants: [
      {
        breaks: 'a second full tunnel takes the table of the first',
        file: 'src/host/routing/free-numbers.ts',
        text: 'while (used.has(table)) table++',
        replacement: 'while (used.has(-table)) table++',
        test: 'test/host/routing/free-numbers.test.ts',
        name: 'of tables are those that no route, no rule and no other tunnel uses',
      },
      {
        breaks: 'two tunnels choose one table',
        file: 'src/host/routing/network-lock.ts',
        text: 'if (!holder.isTrusted) {',
        replacement: 'if (holder.isTrusted) {',
        test: 'test/host/routing/network-lock.test.ts',
        name: 'lets one work at a time, whoever waits',
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
      'Nothing is left behind after SIGTERM, a hook that fails or hangs, or a full disk: addresses, routes, rules, packet filter, kernel settings, name servers; after kill −9 the guard restores them, after that of the guard the next start or `qanat down`',
    mutants: [
      {
        breaks: 'the guard ends with all others that are told to',
        file: 'src/cli/run/guard.ts',
        text: "trap '' HUP INT PIPE TERM",
        replacement: 'true',
        test: 'test/e2e/host/guard.test.ts',
        name: 'is small, and goes on after signals that end others until the tunnel ends',
      },
      {
        breaks: 'the guard takes a kill switch away',
        file: 'src/cli/run/guard-work.ts',
        text: 'keepsKillSwitch: killSwitch',
        replacement: 'keepsKillSwitch: killSwitch && false',
        test: 'test/e2e/host/guard.test.ts',
        name: 'keeps a kill switch after kill -9, and nothing else',
      },
      {
        breaks: 'a start does not wait for the guard',
        file: 'src/control/run-lock.ts',
        text: 'if (holder?.restores) throw new BeingRestored(',
        replacement: 'if (holder?.restores) throw new Error(',
        test: 'test/control/lock-once-restored.test.ts',
        name: 'waits for a process that restores the host, which runs nothing',
      },
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
        file: 'src/host/undo-noted.ts',
        text: '!undone.includes(change) || but.includes(change)',
        replacement: '!undone.includes(change) && !but.includes(change)',
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
    promise:
      "A kill at any moment, in the midst of restoring too, leaves what the next start or `qanat down` undoes; a power cut leaves the name servers'",
    mutants: [
      {
        breaks: 'what is settled is written in the place of what was there',
        file: 'src/host/record/journal.ts',
        text: 'else if (!same) append(this.#open(), { left })',
        replacement:
          'else if (!same) {\n        ftruncateSync(this.#open(), 0)\n        append(this.#open(), { left })\n      }',
        test: 'test/host/record/journal.test.ts',
        name: 'cut anywhere tells what it told before its last line, or after',
      },
      {
        breaks: 'a line is added to one that was cut',
        file: 'src/host/record/journal.ts',
        text: "if (!text.endsWith('\\n')) write(file, '\\n')",
        replacement: '',
        test: 'test/host/record/journal.test.ts',
        name: 'goes on behind a line that was cut',
      },
      {
        breaks: 'what a process left that was killed while it wrote name servers counts as somebody else’s',
        file: 'src/host/name-servers-file.ts',
        text: 'isCut(is, was, text) || isCut(is, text, was) || ',
        replacement: '',
        test: 'test/host/name-servers-file.test.ts',
        name: 'is restored where a kill cut the writing of it, or the putting back, at any byte',
      },
      {
        breaks: 'the name servers of before are lost in a power cut',
        file: 'src/host/name-servers-file.ts',
        text: 'backUp(name, before)',
        replacement: 'isCut(Buffer.from(before), Buffer.from(before), Buffer.from(before))',
        test: 'test/host/name-servers-file.test.ts',
        name: 'is put back from the disk, and nothing is left there',
      },
      {
        breaks: 'name servers of a tunnel that runs are put back',
        file: 'src/host/name-servers-file.ts',
        text: 'writer === undefined || isRunning(writer)',
        replacement: 'writer === undefined',
        test: 'test/host/name-servers-file.test.ts',
        name: 'stays while the process that wrote it runs',
      },
      {
        breaks: 'a backup that others may write is put back',
        file: 'src/host/files/backup.ts',
        text: '(mode & WRITE_BY_OTHERS) !== 0',
        replacement: '(mode & WRITE_BY_OTHERS) < 0',
        test: 'test/host/name-servers-file.test.ts',
        name: 'stays where others could have written the backup',
      },
    ],
  },
  {
    promise: 'A journal is undone in its own network namespace alone, and one that is gone vetoes nothing',
    mutants: [
      {
        breaks: 'a journal of another namespace is undone',
        file: 'src/host/repair.ts',
        text: 'left === undefined || left.namespace.network === own.network',
        replacement: 'true',
        test: 'test/host/repair.test.ts',
        name: 'what lies in another network namespace is left to it',
      },
      {
        breaks: 'a namespace is known by its number alone',
        file: 'src/host/record/journal.ts',
        text: "noted.network === own.network && !differs('boot') && !differs('cookie')",
        replacement: 'noted.network === own.network',
        test: 'test/host/repair.test.ts',
        name: 'what a namespace that is gone took with it is forgotten',
      },
      {
        breaks: 'services and root do not see each other',
        file: 'src/host/record/journal.ts',
        text: 'return [...new Set([folder, top, ...foldersIn(top)])]',
        replacement: 'return [folder]',
        test: 'test/host/record/journal.test.ts',
        name: 'sees those of services, and a service that of root and of others; of another network or start none',
      },
    ],
  },
  {
    promise:
      'Ten tunnels that start, end and are killed in any order, also at once, leave the host as it was and let nothing out meanwhile',
    mutants: [
      {
        breaks: 'of tunnels that end at once each leaves to the others what they share',
        file: 'src/host/undo-noted.ts',
        text: '(await withNetworkLock(parts, () => undoAndStrikeOut(journal, shared, parts)))',
        replacement: '(await undoAndStrikeOut(journal, shared, parts))',
        test: 'test/host/undo-noted.test.ts',
        name: 'is restored if all tunnels that share it end at once',
      },
      {
        breaks: 'of tunnels that changed the name servers the last one leaves those of another',
        file: 'src/host/name-servers-file.ts',
        text: 'return writer === undefined ? now : writer.before',
        replacement: 'return writer === undefined ? now : now',
        test: 'test/host/name-servers-file.test.ts',
        name: 'and as before when all have',
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
]
