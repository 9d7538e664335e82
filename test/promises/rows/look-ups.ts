import type { Kept } from './mutant.js'

/** The promises of docs/security.md about peers that cannot be called, marks and look-ups. */
export const onLookUps: readonly Kept[] = [
  {
    promise:
      'One peer that cannot be called ends neither the tunnel nor the others, and a late name server or a local port that is taken for now ends nothing; a start that waits in vain leaves nothing',
    mutants: [
      {
        breaks: 'a peer that can never be called ends the tunnel',
        file: 'src/app/transport-set.ts',
        text: 'first !== undefined && !mayCall && !failures.includes(undefined)',
        replacement: 'first !== undefined',
        test: 'test/app/tunnel/tunnel.waiting.test.ts',
        name: 'reaches a peer while another one can never be dialled, and says of that one why',
      },
      {
        breaks: 'a name server that does not answer ends a start',
        file: 'src/core/connector/start-phase.ts',
        text: '    else if (!isUnknown) this.#unknown.set(place, Number.POSITIVE_INFINITY)\n',
        replacement: '',
        test: 'test/core/connector/start-phase.test.ts',
        name: 'counts the 60 s anew if a name server failed meanwhile',
      },
      {
        breaks: 'a local port that another process has is given up',
        file: 'src/core/connector/impossible.ts',
        text: "['EACCES', 'EPERM']",
        replacement: "['EADDRINUSE']",
        test: 'test/core/connector/connector.test.ts',
        name: 'everywhere, and reaches the peer within 3 s of its end, 30 s later',
      },
      {
        breaks: 'a tunnel that could call a peer ends once its name is gone',
        file: 'src/core/connector/start-phase.ts',
        text: "    if (event.kind === 'opened' || event.kind === 'found') this.end()\n    else if ('error' in event) this.#failed(id, event)\n",
        replacement: "    if ('error' in event) this.#failed(id, event)\n",
        test: 'test/core/connector/start-phase.test.ts',
        name: ', whatever comes then',
      },
    ],
  },
  {
    promise:
      'An endpoint that makes no progress keeps nobody from another one that answers. There are never more than two attempts, nor two at a proxy that asks for a login; one link is left, and the other is closed',
    mutants: [
      {
        breaks: 'the next endpoint waits until the one before is given up',
        file: 'src/core/connector/race.ts',
        text: 'else this.#handlers.stalled()',
        replacement: '',
        test: 'test/core/connector/race.test.ts',
        name: 'reach the peer by the second in 3 s and what a healthy start takes',
      },
      {
        breaks: 'as many are tried as there are',
        file: 'src/core/connector/race.ts',
        text: 'export const MOST_AT_ONCE = 2',
        replacement: 'export const MOST_AT_ONCE = 3 - 0',
        test: 'test/core/connector/race.test.ts',
        name: 'are two and no more',
      },
      {
        breaks: 'the attempt that is not needed any more goes on',
        file: 'src/core/connector/race.ts',
        text: '    void this.cancel()\n',
        replacement: '',
        test: 'test/core/connector/race.test.ts',
        name: 'are never more than two, nor two at one login, leave one link, and nothing when they are stopped',
      },
      {
        breaks: 'two endpoints are tried at once through a proxy that asks for a login',
        file: 'src/core/connector/race.ts',
        text: 'every((login) => !logins.includes(login))',
        replacement: 'every((login) => logins.length >= 0 || login)',
        test: 'test/core/connector/race.test.ts',
        name: 'are never two at a proxy that asks for a login, and others are tried before',
      },
      {
        breaks: 'what opens after the end of an attempt stays open',
        file: 'src/core/connector/attempt.ts',
        text: 'if (this.#over) await link.close()',
        replacement: 'if (this.#over) return',
        test: 'test/core/connector/race.test.ts',
        name: 'end both with the tunnel, and a link that opens after that is closed',
      },
    ],
  },
  {
    promise:
      'Links that are cut at an age lose nothing once that age was seen twice in a row: the next one is proven before, and packets move to it',
    mutants: [
      {
        breaks: 'the link before is closed while packets are under way by it',
        file: 'src/core/connector/connector.ts',
        text: 'if (isReplaced) this.#retire(index, old)',
        replacement: 'if (isReplaced) void old.close()',
        test: 'test/core/connector/connector.ages.test.ts',
        name: 'once it learned the age from two, nor has twice',
      },
      {
        breaks: 'links are renewed for an age at which none is cut any more',
        file: 'src/core/connector/connector.ts',
        text: '    this.#ages.forget(index)\n',
        replacement: '',
        test: 'test/core/connector/connector.ages.test.ts',
        name: 'forgets the age once a link outlives it, and renews no more',
      },
    ],
  },
  {
    promise: 'Connections and look-ups bear their mark from the first packet',
    mutants: [
      {
        breaks: 'the name servers of another tunnel are asked outside it',
        file: 'src/transports/dns/name-servers.ts',
        text: 'now.startsWith(WRITTEN_BY) ? textBefore(now, read) : now',
        replacement: 'now.startsWith(WRITTEN_BY) ? textBefore(now, () => now) : now',
        test: 'test/transports/dns/name-servers.test.ts',
        name: 'gives way to what is restored when that tunnel ends',
      },
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

/** The same about PAC files. */
export const ofPacFiles: readonly Kept[] = [
  {
    promise:
      "A PAC file's script reaches nothing of Node and of this host, and is bounded in time, memory and size; nothing is dialled directly unless its answer says so",
    mutants: [
      {
        breaks: 'a script that never ends is waited for',
        file: 'src/transports/pac/run-pac.ts',
        text: 'timer ??= clock.schedule(SCRIPT_LIMIT, () => failed(late))',
        replacement: 'void [late, timer, clock]',
        test: 'test/transports/pac/pac-file.test.ts',
        name: 'is given up after 2 s if its script never ends',
      },
      {
        breaks: 'a file without an end is read on',
        file: 'src/transports/pac/fetch-pac.ts',
        text: 'if (length > MAX_PAC)',
        replacement: 'if (length > MAX_PAC * 2)',
        test: 'test/transports/pac/pac-file.test.ts',
        name: 'is read up to 1 MiB and no further',
      },
      {
        breaks: 'an answer that names no way is taken for DIRECT',
        file: 'src/transports/pac/pac-answer.ts',
        text: 'return [...ways.values()].slice(0, MAX_WAYS)',
        replacement: 'return ways.size === 0 ? [undefined] : [...ways.values()].slice(0, MAX_WAYS)',
        test: 'test/transports/pac/pac-file.test.ts',
        name: 'has nothing dialled directly if it answers nothing',
      },
    ],
  },
  {
    promise:
      'Whatever answers in place of a server makes this end follow nothing, read little and print a URL of `http:` or `https:` in ASCII at the most, without a secret of the endpoint; no pin is told while a login page is suspected',
    mutants: [
      {
        breaks: 'a script is told as the address of a login page',
        file: 'src/transports/portal/login-page.ts',
        text: "if (page.protocol !== 'http:' && page.protocol !== 'https:') return undefined",
        replacement: '',
        test: 'test/transports/portal/login-page.test.ts',
        name: 'is of one without an address if it leads nowhere, to a script or too far, or repeats a secret',
      },
      {
        breaks: 'a secret of the endpoint that a login page repeats is told',
        file: 'src/transports/portal/login-page.ts',
        text: '&& !told.some((one) => isEchoOf(there.href, one))',
        replacement: '',
        test: 'test/transports/portal/login-page.test.ts',
        name: 'is of one without an address if it leads nowhere, to a script or too far, or repeats a secret',
      },
      {
        breaks: 'the answer of a probe is read to its end, which may never come',
        file: 'src/transports/dialing/ask-probe.ts',
        text: 'if (body.length > MAX_BODY) whole()',
        replacement: '',
        test: 'test/transports/dialing/ask-probe.test.ts',
        name: 'reads no more than a bound of a body, of headers and of interim answers that never end',
      },
      {
        breaks: 'the pin of a login page is told to be pasted',
        file: 'src/cli/actions/pin.ts',
        text: 'if (inBetween !== undefined) throw notToPaste(host, inBetween)',
        replacement: '',
        test: 'test/cli/actions/pin.test.ts',
        name: 'qanat pin tells no pin if',
      },
    ],
  },
  {
    promise:
      'A login is told to the proxy of the kind, host and port for which the configuration has it, whatever a PAC file names',
    mutants: [
      {
        breaks: 'a proxy that a PAC file names gets the login of another one',
        file: 'src/transports/pac/pac-answer.ts',
        text: 'logins.find(({ shown }) => shown === proxy.shown) ?? proxy',
        replacement: 'logins[0] ? { ...proxy, credentials: logins[0].credentials } : proxy',
        test: 'test/transports/pac/pac-file.test.ts',
        name: 'has a login told only to the proxy of that kind, host and port for which the configuration has it',
      },
      {
        breaks: 'headers that may be logins are sent to all proxies that a PAC file names',
        file: 'src/transports/dialing/through-proxies.ts',
        text: 'headers: isStranger ? {} : headers',
        replacement: 'headers',
        test: 'test/transports/pac/pac-file.test.ts',
        name: 'has a login told only to the proxy of that kind, host and port for which the configuration has it',
      },
    ],
  },
]

const TRIALS = 'test/ciphers/noise/session/trial-handshakes.test.ts'

/** The promise of docs/security.md about what proves an attempt. */
export const onAttempts: readonly Kept[] = [
  {
    promise:
      'An attempt to reach a peer is proven by the answer to its own probe or its own handshake, and by nothing else that is authentic; a handshake that tries a way beside the session in use moves nobody, and costs that session no packet and no renewal',
    mutants: [
      {
        breaks: 'anything authentic proves an attempt',
        file: 'src/core/connector/attempt.ts',
        text: "return this.#parts.sessions?.trials === undefined ? 'any' : 'answers'",
        replacement: "return 'any'",
        test: 'test/netsim/noise-attempts.test.ts',
        name: 'is not proven by what the peer sends by a link of its own, which is used meanwhile',
      },
      {
        breaks: 'the answer to a trial moves the peer',
        file: 'src/ciphers/noise/noise-cipher.ts',
        text: 'if (trial !== undefined) peer.inbox.probeReplies.push(trial)',
        replacement: 'if (trial !== undefined) peer.inbox.roams = peer.inbox.probeReplies.push(trial) > 0',
        test: TRIALS,
        name: 'is told of by its answer, and moves nobody',
      },
      {
        breaks: 'a trial begins while the session is renewed',
        file: 'src/ciphers/noise/handshakes.ts',
        text: 'if (beside && isRenewing(peer, now)) return undefined',
        replacement: 'void isRenewing',
        test: TRIALS,
        name: 'waits for a renewal of the session, also for the proof that the peer knows of it',
      },
      {
        breaks: 'a session is renewed amid a trial',
        file: 'src/ciphers/noise/handshakes.ts',
        text: 'return now < trials.heldUntil && keys.sealing(now) !== undefined',
        replacement: 'return now < trials.heldUntil && keys.sealing(now) === undefined',
        test: TRIALS,
        name: 'puts a renewal off for five seconds at the most, also one for silence',
      },
    ],
  },
]
