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
    promise: 'At most 500 agreements of keys a second for senders who proved no address; 20 for each who did',
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
        text: "return this.#sources.take(link.source, now) ? 'admitted' : 'limited'",
        replacement: "return 'admitted'",
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
        text: "return this.#streamAllows(link, now) ? 'admitted' : 'limited'",
        replacement: "return 'admitted'",
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
        text: '    writeNonce(this.#opener.nonce, counter, this.#littleEndian)\n    const length',
        replacement:
          '    this.#window.mark(counter)\n    writeNonce(this.#opener.nonce, counter, this.#littleEndian)\n    const length',
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
