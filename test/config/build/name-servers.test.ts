import { expect, it } from 'vitest'
import { nameServersOf } from '../../../src/config/build/name-servers.js'

const SERVER = '10.0.0.1'

it('asks for all names unless domains stand behind a tilde, or in a key of their own', () => {
  expect(nameServersOf([SERVER, 'example.org', '~.'])).toEqual({ servers: [SERVER], search: ['example.org'] })
  expect(nameServersOf([SERVER, '~corp.example', '~.'])).toEqual({ servers: [SERVER], search: [] })
  expect(nameServersOf([SERVER, '~corp.example'])).toEqual({
    ...{ servers: [SERVER], search: [] },
    split: { domains: ['corp.example'], isRequired: false },
  })
})

it('keeps the names in the certificates of servers apart from their addresses', () => {
  expect(nameServersOf([`${SERVER}#dns.example`, '10.0.0.2'])).toEqual({
    ...{ servers: [SERVER, '10.0.0.2'], search: [] },
    names: { [SERVER]: 'dns.example' },
  })
})

it('takes a host for required that asks for some domains alone, if a key of their own names them', () => {
  expect(nameServersOf([SERVER, '~a.example'], ['b.example']).split).toEqual({
    domains: ['b.example', 'a.example'],
    isRequired: true,
  })
})
