import { execFileSync } from 'node:child_process'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { native } from '../../../src/native/base/native.js'
import { parseMessages } from '../../../src/native/netlink/netlink-message.js'
import { deleteTable } from '../../../src/native/netlink/nftables.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'

const missing = namespacesMissing('ip', 'nft')
/** linux/netlink.h, linux/netfilter/nfnetlink.h */
const NLMSG_ERROR = 2
const BATCH = [0x10, 0x11]

describe.skipIf(missing)(`a table of nftables${missing ? `, skipped: ${missing}` : ''}`, () => {
  afterEach(() => vi.restoreAllMocks())

  it('is deleted with all that is in it, and no other; that there is none is no error', async () => {
    await inNewNetwork(async () => {
      addTables()
      deleteTable('qanat-q0')
      deleteTable('qanat-q0')
      expect(tables()).toEqual(['table inet another'])
    })
  })

  it('is deleted by a kernel before 6.10, which acknowledges no begin and no end', async () => {
    await inNewNetwork(async () => {
      addTables()
      beforeLinux610()
      deleteTable('qanat-q0')
      expect(tables()).toEqual(['table inet another'])
    })
  })
})

function addTables(): void {
  for (const name of ['qanat-q0', 'another']) execFileSync('nft', ['add', 'table', 'inet', name])
  execFileSync('nft', ['add', 'chain', 'inet', 'qanat-q0', 'out'])
}

function tables(): string[] {
  return execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' }).trim().split('\n')
}

/** Takes back what an older kernel does not say. */
function beforeLinux610(): void {
  const { arena, sockets } = native()
  const receive = sockets.recv
  vi.spyOn(sockets, 'recv').mockImplementation((fd, address, length) => {
    for (;;) {
      const received = receive(fd, address, length)
      if (received < 0) return received
      const bytes = Buffer.from(arena.bytesAt(address - arena.address(0), received))
      // The acknowledgement has the error's number and the request's header: its length, its type.
      const isOfBatch = parseMessages(bytes).some(
        ({ body, type }) => type === NLMSG_ERROR && BATCH.includes(body.readUInt16LE(8)),
      )
      if (!isOfBatch) return received
    }
  })
}
