import type { Kept } from './mutant.js'

/** The promises of docs/security.md under "On the wire" that are about packets, paths and peers. */
export const onPackets: readonly Kept[] = [
  {
    promise: 'Only an authentic datagram that is no probe and the newest of the newest session moves a peer',
    mutants: [
      {
        breaks: 'any authentic datagram moves a peer',
        file: 'src/ciphers/noise/opener.ts',
        text: 'if (isNewest) inbox.roams = true',
        replacement: 'inbox.roams = true',
        test: 'test/ciphers/noise/noise-cipher.roaming.test.ts',
        name: 'is not moved by a replayed, forged or late datagram',
      },
      {
        breaks: 'a probe moves a peer',
        file: 'src/ciphers/noise/opener.ts',
        text: 'if (this.#control(peer, text, now, answer)) return peer',
        replacement: 'this.#control(peer, text, now, answer)',
        test: 'test/ciphers/noise/noise-cipher.roaming.test.ts',
        name: 'is not moved by a probe, which is answered where it came from',
      },
      {
        breaks: 'data of the session before moves a peer',
        file: 'src/ciphers/noise/opener.ts',
        text: 'keyPair === keys.current && keyPair.openedNewest',
        replacement: 'keyPair.openedNewest',
        test: 'test/ciphers/noise/noise-cipher.roaming.test.ts',
        name: 'is not moved by data of the session before',
      },
      {
        breaks: 'a peer does not move at all',
        file: 'src/ciphers/noise/opener.ts',
        text: 'if (isNewest) inbox.roams = true',
        replacement: 'if (isNewest) inbox.roams = false',
        test: 'test/ciphers/noise/noise-cipher.roaming.test.ts',
        name: 'moves to the address that its newest datagram came from',
      },
      {
        breaks: 'Only the newest datagram of a session counts as the newest',
        file: 'src/ciphers/noise/session/key-pair.ts',
        text: 'this.openedNewest = counter > this.#window.greatest',
        replacement: 'this.openedNewest = true',
        test: 'test/ciphers/noise/session/key-pair.test.ts',
        name: 'says whether a datagram has the highest counter yet',
      },
    ],
  },
  {
    promise: 'No packet is delivered whose source its peer does not own; the longest prefix wins',
    mutants: [
      {
        breaks: 'a peer sends from any address',
        file: 'src/core/forwarding/router.ts',
        text: 'if (this.#peers.owner(packet, source, addressBytes) !== peer) {',
        replacement: 'if (this.#peers.owner(packet, source, addressBytes) === undefined) {',
        test: 'test/core/forwarding/pump.test.ts',
        name: 'lets no packet through whose source the peer does not own',
      },
      {
        breaks: 'the shortest prefix wins',
        file: 'src/core/ip/prefix-trie.ts',
        text: 'best = nodes[branch + BRANCHES]! || best',
        replacement: 'best = best || nodes[branch + BRANCHES]!',
        test: 'test/core/ip/prefix-trie.test.ts',
        name: 'finds the longest of the prefixes that lie within each other, in whatever order they came',
      },
    ],
  },
  {
    promise: 'Bad bytes do no harm',
    mutants: [
      {
        breaks: 'a datagram for an unknown index throws',
        file: 'src/ciphers/noise/opener.ts',
        text: 'drops.unknownIndex++',
        replacement: "throw new RangeError('unknown index')",
        test: 'test/fuzz/open.fuzz.test.ts',
        name: 'survives mutated datagrams without a throw or a leak, and its session goes on',
      },
      {
        breaks: 'data too short for a tag is opened',
        file: 'src/ciphers/noise/opener.ts',
        text: 'if (datagram.length < DATA_HEADER + TAG_BYTES) {',
        replacement: 'if (datagram.length < DATA_HEADER) {',
        test: 'test/ciphers/noise/noise-cipher.bad-input.test.ts',
        name: 'silently, counts it, and goes on',
      },
    ],
  },
  {
    promise: 'Each kind of bad message is dropped, counted by its cause, and answered by nothing',
    mutants: [
      {
        breaks: 'data for an unknown index is not counted',
        file: 'src/ciphers/noise/opener.ts',
        text: 'drops.unknownIndex++',
        replacement: 'drops.unknownIndex += 0',
        test: 'test/ciphers/noise/noise-cipher.bad-input.test.ts',
        name: 'silently, counts it, and goes on',
      },
      {
        breaks: 'counters that are no exact integers are taken',
        file: 'src/ciphers/noise/session/key-pair.ts',
        text: "if (counter >= MAX_COUNTER) return 'malformed'",
        replacement: '',
        test: 'test/ciphers/noise/noise-cipher.bad-input.test.ts',
        name: 'silently, counts it, and goes on',
      },
      {
        breaks: 'a key of low order is agreed with',
        file: 'src/ciphers/keys/x25519.ts',
        text: 'return secret.some((byte) => byte !== 0) ? secret : undefined\n  } catch {\n    return undefined',
        replacement: 'return secret\n  } catch {\n    return new Uint8Array(32)',
        test: 'test/ciphers/noise/noise-cipher.bad-input.test.ts',
        name: 'silently, counts it, and goes on',
      },
      {
        breaks: "CrapVPN's magic is another one",
        file: 'src/ciphers/xor.ts',
        text: '[0x63, 0x72, 0x61, 0x70]',
        replacement: '[0x63, 0x72, 0x61, 0x71]',
        test: 'test/ciphers/xor.test.ts',
        name: 'seals every packet to its datagram, in place and without room',
      },
    ],
  },
  {
    promise:
      'The record layer of TLS opens nothing that is altered, repeated, left out or forged, and ends the link with one clear reason',
    mutants: [
      {
        breaks: 'a record that is not authentic is read',
        file: 'src/transports/tls/record-key.ts',
        text: 'if (openSsl.decryptFinal(context, to + text, writtenAddress) !== 1 || done !== 1) return false',
        replacement: 'if (openSsl.decryptFinal(context, to + text, writtenAddress) < 0) return false',
        test: 'test/transports/tls/tls-records.test.ts',
        name: 'refuses a record that is altered, repeated, left out or under another key',
      },
      {
        breaks: 'records are not numbered',
        file: 'src/transports/tls/record-key.ts',
        text: 'this.#sequence / 2 ** 32))\n    nonce.setUint32(8, iv.getUint32(8) ^ this.#sequence)',
        replacement: '0))\n    nonce.setUint32(8, iv.getUint32(8))',
        test: 'test/transports/tls/tls-records.test.ts',
        name: 'refuses a record that is altered, repeated, left out or under another key',
      },
      {
        breaks: 'unverified text stays in memory',
        file: 'src/transports/tls/record-reader.ts',
        text: '        arena.fill(0, to, to + length) // unverified text is shown to nobody\n',
        replacement: '',
        test: 'test/transports/tls/record-reader.test.ts',
        name: 'leaves nothing in memory of a record that is not authentic',
      },
      {
        breaks: 'records without data may come for ever',
        file: 'src/transports/tls/record-reader.ts',
        text: 'MAX_IDLE_RECORDS = 32',
        replacement: 'MAX_IDLE_RECORDS = 1e9',
        test: 'test/transports/tls/tls-records.test.ts',
        name: 'bears 32 records without data in a row, and not more',
      },
    ],
  },
  {
    promise: 'A clock that goes back harms nobody: timestamps of a process only grow',
    mutants: [
      {
        breaks: 'timestamps go back with the clock',
        file: 'src/ciphers/noise/handshake/tai64n.ts',
        text: 'seconds > this.#seconds || (seconds === this.#seconds && nanoseconds > this.#nanoseconds)',
        replacement: 'seconds !== this.#seconds || nanoseconds > this.#nanoseconds',
        test: 'test/ciphers/noise/handshake/tai64n.test.ts',
        name: 'grows strictly however the wall clock moves',
      },
    ],
  },
  {
    promise:
      'A path that becomes narrow in silence is noticed: transfers go on, no packet of 1280 bytes is lost to it',
    mutants: [
      {
        breaks: 'a size that passed is not tried again for long',
        file: 'src/core/path-mtu/path-search.ts',
        text: 'CONFIRM_INTERVAL = 5_000',
        replacement: 'CONFIRM_INTERVAL = 50_000',
        test: 'test/core/path-mtu/path-search.test.ts',
        name: 'notices within 10 s of sending that less passes, at whatever time that begins',
      },
      {
        breaks: 'a path that became wide stays narrow',
        file: 'src/core/path-mtu/path-search.ts',
        text: 'RAISE_INTERVAL = 600_000',
        replacement: 'RAISE_INTERVAL = 6_000_000',
        test: 'test/core/path-mtu/path-search.test.ts',
        name: 'tries more again after 10 min, and finds it',
      },
      {
        breaks: 'transfers do not go on over a path that became narrow',
        file: 'src/core/path-mtu/path-search.ts',
        text: 'CONFIRM_INTERVAL = 5_000',
        replacement: 'CONFIRM_INTERVAL = 500_000',
        test: 'test/e2e/tunnels/path-mtu.test.ts',
        name: 'go on, and clamps the MSS',
      },
    ],
  },
  {
    promise: 'After kill −9 of either end in mid-transfer the file arrives whole, over UDP',
    mutants: [
      {
        breaks: 'silence starts no handshake',
        file: 'src/ciphers/noise/wire/times.ts',
        text: 'SILENCE_AFTER = KEEPALIVE_AFTER + REKEY_TIMEOUT',
        replacement: 'SILENCE_AFTER = 10 * KEEPALIVE_AFTER + REKEY_TIMEOUT',
        test: 'test/ciphers/noise/noise-cipher.sessions.test.ts',
        name: 'is started anew when data is answered by nothing for 15 s',
      },
      {
        breaks: 'an endpoint that stopped answering is not tried again',
        file: 'src/core/connector/connector.ts',
        text: '      this.#rotation.from((index + 1) % endpoints.length)\n    } else if (verdict',
        replacement: '      void [index, endpoints]\n    } else if (verdict',
        test: 'test/e2e/tunnels/ciphers.test.ts',
        name: 'goes on within 20 s when the end that waits is killed in mid-transfer and started again',
      },
    ],
  },
  {
    promise:
      'Peers that are kept apart do not reach each other, neither by the tunnel nor by a host that sends back',
    mutants: [
      {
        breaks: 'a peer sends to another by the tunnel',
        file: 'src/core/forwarding/router.ts',
        text: 'if (owner === undefined || owner === peer) return true',
        replacement: 'if (peer !== undefined) return true',
        test: 'test/core/forwarding/pump.test.ts',
        name: 'drops and counts what one peer sends to another, and nothing else',
      },
      {
        breaks: 'a host that sends back lets a peer reach another',
        file: 'src/core/forwarding/router.ts',
        text: 'return sender === undefined || sender === peer ? peer : this.#isolate(sender)',
        replacement: 'return peer',
        test: 'test/core/forwarding/pump.test.ts',
        name: 'drops what the host would pass on from one peer to another',
      },
      {
        breaks: 'a reload does not keep peers apart',
        file: 'src/app/tunnel/reload.ts',
        text: 'pump.isolate(after.isolateClients ?? false)',
        replacement: 'pump.isolate(false)',
        test: 'test/app/tunnel/tunnel.reload.test.ts',
        name: 'keeps clients apart, or no longer',
      },
    ],
  },
]
