import { expect, it } from 'vitest'
import { nativeAddress } from '../../../src/transports/net/native-address.js'

it('has the number of the interface that a zone names', () => {
  const of = (address: string) => nativeAddress({ address, family: 6 }, 5)
  expect(of('fe80::1%7')).toMatchObject({ family: 6, port: 5, scope: 7 })
  expect(of('fe80::1').scope).toBeUndefined()
  expect(() => of('fe80::1%nowhere')).toThrow(
    "Cannot reach fe80::1%nowhere: no interface 'nowhere' of this host has a link-local address",
  )
})
