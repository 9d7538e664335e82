import type { Kept } from './mutant.js'

/** The promises of docs/security.md under "On the wire" that are about handshakes. */
export const onHandshakes: readonly Kept[] = [
  {
    promise: 'Unknown sources get silence: random, truncated, wrong mac1, made for another key',
    mutants: [
      {
        breaks: 'an unknown source with a wrong mac1 gets a cookie',
        file: 'src/ciphers/noise/handshakes.ts',
        text: 'if (!hasMac1(initiation, protocol.macs.mac1)) return this.#dropWrongMac1(link, now)',
        replacement: '',
        test: 'test/fuzz/unknown-sources.fuzz.test.ts',
        name: 'is silent to unknown sources, counts each of their datagrams and delivers none',
      },
      {
        breaks: 'messages of no known type are not counted',
        file: 'src/ciphers/noise/noise-cipher.ts',
        text: 'else this.drops.malformed++',
        replacement: 'else this.drops.malformed += 0',
        test: 'test/fuzz/udp-silence.fuzz.test.ts',
        name: 'answers 0 bytes to unknown sources, counts what they sent, and goes on',
      },
    ],
  },
  {
    promise: 'Before authentication no answer is larger than its question',
    mutants: [
      {
        breaks: 'a short initiation gets a cookie that is longer',
        file: 'src/ciphers/noise/handshakes.ts',
        text: "if (initiation.length !== protocol.initiationLength) return this.#drop('malformed')",
        replacement: '',
        test: 'test/ciphers/noise/noise-cipher.amplification.test.ts',
        name: 'answers an initiation that is shorter than a cookie with nothing, also when it demands cookies',
      },
    ],
  },
  {
    promise: 'A flood of initiations with right mac1 lets others in and leaves tunnels working',
    mutants: [
      {
        breaks: 'a cookie does not let its bearer in',
        file: 'src/ciphers/noise/handshake/admission.ts',
        text: "if (!this.#cookies.proves(initiation, link.source, now)) return 'unauthenticated'",
        replacement:
          "if (this.#cookies.proves(initiation, link.source, now)) return 'limited'\n    if (now >= 0) return 'unauthenticated'",
        test: 'test/ciphers/noise/handshake/admission.initiations.test.ts',
        name: 'gets a cookie under load, and succeeds with it',
      },
      {
        breaks: 'a cookie lasts as long as the process',
        file: 'src/ciphers/noise/handshake/cookies.ts',
        text: 'if (now - this.#madeAt >= COOKIE_LIFETIME) {',
        replacement: 'if (this.#secret.length === 0) {',
        test: 'test/ciphers/noise/handshake/cookies.test.ts',
        name: 'makes cookies of another secret every 120 s, and those of before prove nothing then',
      },
    ],
  },
  {
    promise:
      'At most 500 agreements of keys a second for senders who proved no address; 20 for each whom a cookie proved',
    mutants: [
      {
        breaks: 'At most 20 initiations a second of one proven address are read',
        file: 'src/ciphers/noise/handshake/admission.ts',
        text: 'PER_SOURCE = { perSecond: 20, burst: 5 }',
        replacement: 'PER_SOURCE = { perSecond: 20_000, burst: 5_000 }',
        test: 'test/ciphers/noise/handshake/admission.test.ts',
        name: 'lets 20 initiations a second of each proven address be read under a flood, 5 of them at once',
      },
      {
        breaks: 'Initiations of a proven address are limited at all',
        file: 'src/ciphers/noise/handshake/admission.ts',
        text: ': this.#sources.take(link.source, now)',
        replacement: ': true',
        test: 'test/ciphers/noise/handshake/admission.test.ts',
        name: 'lets 20 initiations a second of each proven address be read under a flood, 5 of them at once',
      },
      {
        breaks: 'Initiations of those who proved no address are limited to 500 a second',
        file: 'src/ciphers/noise/handshake/admission.ts',
        text: 'UNAUTHENTICATED = { perSecond: 500, burst: 500 }',
        replacement: 'UNAUTHENTICATED = { perSecond: 5_000, burst: 500 }',
        test: 'test/ciphers/noise/handshake/admission.test.ts',
        name: 'lets 500 initiations a second be read whose senders proved nothing, and asks the others for a proof',
      },
      {
        breaks: 'Those who proved no address are asked for a proof under load',
        file: 'src/ciphers/noise/handshake/admission.ts',
        text: "if (this.#unauthenticated.take(now)) return 'admitted'",
        replacement: "return 'admitted'",
        test: 'test/ciphers/noise/handshake/admission.test.ts',
        name: 'lets 500 initiations a second be read whose senders proved nothing, and asks the others for a proof',
      },
      {
        breaks: 'A cookie proves the address it was given to, and no other',
        file: 'src/ciphers/noise/handshake/admission.ts',
        text: "if (!this.#cookies.proves(initiation, link.source, now)) return 'unauthenticated'",
        replacement: '',
        test: 'test/ciphers/noise/handshake/admission.test.ts',
        name: 'takes no proof of another address',
      },
      {
        breaks: 'At most 2 initiations a second of one stream are read',
        file: 'src/ciphers/noise/handshake/admission.ts',
        text: 'PER_STREAM = { perSecond: 2, burst: 5 }',
        replacement: 'PER_STREAM = { perSecond: 2_000, burst: 5 }',
        test: 'test/ciphers/noise/handshake/admission.test.ts',
        name: 'lets 2 initiations a second of each stream be read, 5 of them at once, and asks none for a proof',
      },
      {
        breaks: 'Initiations of a stream are limited at all',
        file: 'src/ciphers/noise/handshake/admission.ts',
        text: 'link.stream ? this.#streamAllows(link, now)',
        replacement: 'link.stream ? true',
        test: 'test/ciphers/noise/handshake/admission.test.ts',
        name: 'lets 2 initiations a second of each stream be read, 5 of them at once, and asks none for a proof',
      },
      {
        breaks: 'The limit of a stream is kept from one initiation to the next',
        file: 'src/ciphers/noise/handshake/admission.ts',
        text: '      this.#streams.set(link, limit)\n',
        replacement: '',
        test: 'test/ciphers/noise/handshake/admission.test.ts',
        name: 'lets 2 initiations a second of each stream be read, 5 of them at once, and asks none for a proof',
      },
      {
        breaks: 'A rate limit saves up no more than its burst',
        file: 'src/ciphers/noise/handshake/rate-limit.ts',
        text: 'Math.min(burst, this.#tokens + ((now - this.#filledAt) * perSecond) / 1000)',
        replacement: 'this.#tokens + ((now - this.#filledAt) * perSecond) / 1000',
        test: 'test/ciphers/noise/handshake/rate-limit.test.ts',
        name: 'saves up no more than a burst, however long nothing is asked',
      },
      {
        breaks: 'The addresses of one /64 share one limit',
        file: 'src/core/ip/ip-network.ts',
        text: 'IPV6_CUSTOMER_BYTES = 8',
        replacement: 'IPV6_CUSTOMER_BYTES = 16',
        test: 'test/ciphers/noise/handshake/rate-limit.test.ts',
        name: 'takes the addresses of one /64 for one source, and IPv4 addresses one by one',
      },
      {
        breaks: 'At most 4,096 sources are remembered',
        file: 'src/ciphers/noise/handshake/rate-limit.ts',
        text: 'if (this.#limits.size > MAX_SOURCES)',
        replacement: 'if (false)',
        test: 'test/ciphers/noise/handshake/rate-limit.test.ts',
        name: 'remembers 4,096 sources, and then forgets the one that it saw first',
      },
    ],
  },
  {
    promise:
      'At most 500 agreements of keys a second for all who proved their addresses, by a stream or a cookie, in fair turns: who floods keeps no other address out',
    mutants: [
      {
        breaks: 'Initiations over new streams are limited at all',
        file: 'src/ciphers/noise/handshake/admission.ts',
        text: 'return allowed && this.#proven.take(link.source, now) ?',
        replacement: 'return allowed ?',
        test: 'test/ciphers/noise/noise-cipher.flood.test.ts',
        name: 'of one address, each five of them over a new connection, cost at most 500 agreements of keys a second',
      },
      {
        breaks: 'Those who proved their addresses share 500 a second',
        file: 'src/ciphers/noise/handshake/admission.ts',
        text: 'PROVEN = { perSecond: 500, burst: 500 }',
        replacement: 'PROVEN = { perSecond: 1_000, burst: 500 }',
        test: 'test/ciphers/noise/noise-cipher.flood.test.ts',
        name: 'of one address, each five of them over a new connection, cost at most 500 agreements of keys a second',
      },
      {
        breaks: 'One address cannot use up what all share',
        file: 'src/ciphers/noise/handshake/fair-turns.ts',
        text: 'if (waiting >= this.#places - (waiting === 0 ? 0 : this.#kept)) return false',
        replacement: 'if (this.#places < 1) return false',
        test: 'test/ciphers/noise/noise-cipher.flood.test.ts',
        name: 'addresses that flood leave those of another in at the first try',
      },
      {
        breaks: 'Many addresses cannot use up what is kept for newcomers',
        file: 'src/ciphers/noise/handshake/fair-turns.ts',
        text: '(waiting === 0 ? 0 : this.#kept)',
        replacement: '0',
        test: 'test/ciphers/noise/handshake/fair-turns.test.ts',
        name: 'lets a source in that comes while 249 others flood',
      },
      {
        breaks: 'Sources take turns',
        file: 'src/ciphers/noise/handshake/fair-turns.ts',
        text: '      this.#waiting.delete(source)\n      if (waiting > 1) this',
        replacement: '      if (waiting < 2) this.#waiting.delete(source)\n      else this',
        test: 'test/ciphers/noise/handshake/fair-turns.test.ts',
        name: 'sources that flood, and each its share',
      },
      {
        breaks: 'The addresses of one /64 take one turn',
        file: 'src/ciphers/noise/handshake/fair-turns.ts',
        text: 'customerOf(address).join',
        replacement: 'address.join',
        test: 'test/ciphers/noise/handshake/fair-turns.test.ts',
        name: 'takes the addresses of one /64 for one source',
      },
      {
        breaks: 'A source is forgotten once nothing waits for it',
        file: 'src/ciphers/noise/handshake/fair-turns.ts',
        text: '      this.#waiting.delete(source)\n',
        replacement: '      this.#waiting.set(source, 0)\n',
        test: 'test/ciphers/noise/handshake/fair-turns.test.ts',
        name: 'remembers no source longer than something waits for it, and 750 at the most',
      },
    ],
  },
  {
    promise:
      'No datagram is accepted twice, no fresh one within 8,160 is refused; a forged counter moves nothing',
    mutants: [
      {
        breaks: 'a counter is accepted twice',
        file: 'src/ciphers/noise/session/replay-window.ts',
        text: 'return (this.#ring[(low >>> 5) & (WORDS - 1)]! & (1 << (low & 31))) === 0',
        replacement: 'return low >= 0',
        test: 'test/fuzz/replay-window.fuzz.test.ts',
        name: 'never accepts a counter twice and never refuses a fresh one in the window',
      },
      {
        breaks: 'fresh counters 4,064 behind the greatest are refused',
        file: 'src/ciphers/noise/session/replay-window.ts',
        text: 'const RING_BITS = 8192',
        replacement: 'const RING_BITS = 4096',
        test: 'test/ciphers/noise/session/replay-window.test.ts',
        name: 'tells 8,160 counters apart, the greatest and those behind it',
      },
      {
        breaks: 'a datagram is opened again',
        file: 'src/ciphers/noise/session/key-pair.ts',
        text: "if (!this.#window.isFresh(counter)) return 'replayed'",
        replacement: '',
        test: 'test/ciphers/noise/noise-cipher.conformance.test.ts',
        name: 'drops and counts a datagram that it opened before',
      },
      {
        breaks: 'a forged counter moves the window',
        file: 'src/ciphers/noise/session/key-pair.ts',
        text: "    if (!this.#window.isFresh(counter)) return 'replayed'\n",
        replacement:
          "    if (!this.#window.isFresh(counter)) return 'replayed'\n    this.#window.mark(counter)\n",
        test: 'test/ciphers/noise/noise-cipher.conformance.test.ts',
        name: 'drops and counts a datagram with any byte changed, and still opens the genuine one',
      },
      {
        breaks: 'No datagram is accepted twice',
        file: 'src/ciphers/noise/session/key-pair.ts',
        text: "if (!this.#window.isFresh(counter)) return 'replayed'",
        replacement: '',
        test: 'test/ciphers/noise/session/key-pair.test.ts',
        name: 'opens what the far end sealed once, and not again',
      },
      {
        breaks: 'A forged counter marks nothing as seen',
        file: 'src/ciphers/noise/session/key-pair.ts',
        text: '    writeNonce(opener.nonce, counter, this.#littleEndian)\n',
        replacement:
          '    this.#window.mark(counter)\n    writeNonce(opener.nonce, counter, this.#littleEndian)\n',
        test: 'test/ciphers/noise/session/key-pair.test.ts',
        name: 'marks no counter as seen by a forged datagram',
      },
    ],
  },
  {
    promise:
      'A replayed initiation gets no answer; after a restart of this end it may get one, but moves nobody and makes no session',
    mutants: [
      {
        breaks: 'a replayed initiation is answered',
        file: 'src/ciphers/noise/handshakes.ts',
        text: 'if (peer.latestTimestamp && !isLater(question.timestamp, peer.latestTimestamp)) {',
        replacement: 'if (peer.latestTimestamp && now < 0) {',
        test: 'test/ciphers/noise/handshake/admission.initiations.test.ts',
        name: 'that is replayed gets no answer',
      },
      {
        breaks: 'an initiation alone makes the session that seals',
        file: 'src/ciphers/noise/session/key-slots.ts',
        text: '    this.#next = keyPair\n',
        replacement: '    this.#shift(keyPair)\n',
        test: 'test/ciphers/noise/handshake/admission.initiations.test.ts',
        name: 'that is replayed after a restart gets one answer, but makes no session and moves nobody',
      },
    ],
  },
]

const GOODBYES = 'test/ciphers/noise/noise-cipher.goodbye.test.ts'

/** The promises of docs/security.md about goodbyes in the seal. */
export const onGoodbyes: readonly Kept[] = [
  {
    promise:
      'A goodbye that is forged, replayed, late, of another session or of another peer says nothing, and a peer that goes on is never shown as offline',
    mutants: [
      {
        breaks: 'a goodbye that a later datagram overtook says that the peer is gone',
        file: 'src/ciphers/noise/session/goodbye.ts',
        text: ' || !keyPair.openedNewest',
        replacement: '',
        test: GOODBYES,
        name: 'stands exactly as long as nothing newer came',
      },
      {
        breaks: 'a goodbye stands though its sender goes on',
        file: 'src/ciphers/noise/session/goodbye.ts',
        text: 'keyPair.greatest > counter ||',
        replacement: 'counter < -1 ||',
        test: GOODBYES,
        name: 'stands exactly as long as nothing newer came',
      },
      {
        breaks: 'a goodbye outlives its session',
        file: 'src/ciphers/noise/session/goodbye.ts',
        text: 'if (!isNewest || ',
        replacement: 'if ((!isNewest && counter < -1) || ',
        test: GOODBYES,
        name: 'means nothing if it is replayed, forged, or of the session before',
      },
      {
        breaks: 'a goodbye of the session before stands though its sender uses the newest one',
        file: 'src/ciphers/noise/session/goodbye.ts',
        text: 'newest !== keyPair && newest.greatest >= 0',
        replacement: 'newest !== keyPair && newest.greatest < -1',
        test: GOODBYES,
        name: 'counts by the session before as long as its sender has not heard of the newest one',
      },
      {
        breaks: 'a peer that comes again after its goodbye stays offline',
        file: 'src/core/forwarding/pump.ts',
        text: '(saidGoodbye === true) === presence.isHere',
        replacement: '(saidGoodbye === true) === presence.isHere && !presence.saidGoodbye',
        test: 'test/app/tunnel/tunnel.status.test.ts',
        name: 'that ends is offline at once, and online when it comes again',
      },
      {
        breaks: 'what came while the process stood still does not count',
        file: 'src/core/peers/presence-watch.ts',
        text: 'if (!isLate) presence.pass(now)',
        replacement: 'if (isLate || next > 0) presence.pass(now)',
        test: 'test/core/peers/presence.test.ts',
        name: 'is not offline because the process stood still',
      },
    ],
  },
  {
    promise:
      'A goodbye moves nobody, ends no session and changes no configuration; it is sent only to ends that are known to understand it, and nothing is sealed for them afterwards',
    mutants: [
      {
        breaks: 'a goodbye moves its sender',
        file: 'src/ciphers/noise/opener.ts',
        text: 'peer.goodbye.said(keyPair)\n        return true',
        replacement: 'peer.goodbye.said(keyPair)\n        return false',
        test: GOODBYES,
        name: 'moves nobody, and ends neither session nor keys',
      },
      {
        breaks: 'a plain WireGuard peer is sent a goodbye',
        file: 'src/ciphers/noise/noise-cipher.ts',
        text: 'if (peer.capabilities.understandsControl) {',
        replacement: 'if (peer !== undefined) {',
        test: GOODBYES,
        name: 'is for a peer alone that is known to understand it',
      },
      {
        breaks: 'an end goes on to send after its goodbye',
        file: 'src/ciphers/noise/noise-cipher.ts',
        text: 'this.peerManager.remove(id) // whatever',
        replacement: '// whatever',
        test: GOODBYES,
        name: 'is the last that its sender seals for the peer',
      },
    ],
  },
]
