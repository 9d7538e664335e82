import { expect, it } from 'vitest'
import { parseProbe } from '../../../src/core/portal/probe-url.js'

it('reads a URL of http:// and what it answers behind a number sign', () => {
  expect(parseProbe('http://probe.example/generate_204')).toEqual({
    url: new URL('http://probe.example/generate_204'),
    expected: undefined,
  })
  expect(parseProbe('http://probe.example:8080/?a=b#all%20is%20well')).toEqual({
    url: new URL('http://probe.example:8080/?a=b'),
    expected: 'all is well',
  })
  expect(parseProbe('http://[2001:db8::1]/# ')?.expected).toBeUndefined()
})

it.each([
  'https://probe.example/',
  'http://me:secret@probe.example/',
  'http://',
  'http:///path',
  'http://probe.example:0/',
  'http://probe.example:70000/',
  'http://probe.example/#%zz',
  'probe.example',
  'javascript:alert(1)',
  '',
])('reads none in %j', (text) => {
  expect(parseProbe(text)).toBeUndefined()
})
