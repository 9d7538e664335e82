import { totalDrops } from '../kit/drops.js'
import { expect } from '../kit/expect.js'
import { ipPacket } from '../kit/packets.js'
import type { HubLab } from './hub-lab.js'

/** Milliseconds after which a peer that was refused may try again. */
const LATER = 60_000

type DefineHubCase = (name: string, promise: string, run: (lab: HubLab) => void) => void

/** Tests of what a cipher does that has several peers. */
export function testPeers(test: DefineHubCase): void {
  test(
    'keeps peers apart',
    'What a peer seals is opened as its own, and what is sealed for one no other opens.',
    (lab) => {
      const { spokes } = lab.hub
      for (const [at, spoke] of spokes.entries()) {
        const sent = ipPacket(100, 2 * at)
        expect(lab.toHub(spoke, sent), `of peer ${at}`).toEqual({ packets: [sent], from: [spoke.known.id] })
        expect(lab.fromHub(spoke, sent), `for peer ${at}`).toEqual([sent])
      }
      for (const spoke of spokes) {
        for (const other of spokes.filter((one) => one !== spoke))
          expect(lab.fromHub(spoke, ipPacket(100), other), 'what another peer opens').toEqual([])
      }
    },
  )

  test(
    'forgets a peer that is removed, and no other',
    'What a peer seals that was removed is dropped and counted; the others go on.',
    (lab) => {
      const { cipher, spokes } = lab.hub
      const [gone, stays] = spokes
      for (const spoke of [gone!, stays!]) lab.toHub(spoke, ipPacket(100))
      cipher.peerManager!.remove(gone!.known.id)
      const before = totalDrops(cipher)
      expect(lab.toHub(gone!, ipPacket(100)).packets, 'what is opened of it').toEqual([])
      expect(totalDrops(cipher), 'drops').toBeAtLeast(before + 1)
      expect(lab.toHub(stays!, ipPacket(100)).packets, 'what is opened of another').toEqual([ipPacket(100)])
      cipher.peerManager!.remove(gone!.known.id) // as one that is not known, it is ignored
    },
  )

  test('takes a peer while it is in use', 'A peer that is added is known from then on.', (lab) => {
    const { cipher, spokes } = lab.hub
    const [late, stays] = spokes
    cipher.peerManager!.remove(late!.known.id)
    lab.toHub(stays!, ipPacket(100))
    cipher.peerManager!.add(late!.known)
    lab.clock.advance(LATER)
    for (const spoke of [late!, stays!]) {
      const sent = ipPacket(100, 4)
      expect(lab.toHub(spoke, sent)).toEqual({ packets: [sent], from: [spoke.known.id] })
    }
  })
}
