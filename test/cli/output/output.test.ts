import { describe, expect, it } from 'vitest'
import { QANAT } from '../../../lab/lab.js'
import { Program } from '../../../lab/program.js'

describe('qanat prints', () => {
  it('help with examples and the exit codes', async () => {
    const help = await qanat('--help')
    expect(help).toContain('Usage: qanat')
    expect(help).toMatch(/^Examples:$/m)
    expect(help).toMatch(/^Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 /m)
    expect(help).toContain('visible to every user of the host')
  })

  it('what can be chosen', async () => {
    const list = await qanat('plugins')
    expect(list).toMatch(/^transport\n {2}udp {2}/m)
    expect(list).toMatch(/^cipher\n/m)
    expect(list).toMatch(/^TUN driver\n {2}linux {2}/m)
  })

  it('what can be chosen, as JSON', async () => {
    const list = JSON.parse(await qanat('plugins', '--json')) as Record<string, { name: string }[]>
    expect(list.transport!.map(({ name }) => name)).toContain('udp')
    expect(list.cipher!.map(({ name }) => name)).toContain('xor')
    expect(list['tun-driver']!.map(({ name }) => name)).toContain('tuntap2')
  })

  it('no error where whoever reads has enough of it', async () => {
    const piped = new Program('sh', ['-c', `"${process.execPath}" "${QANAT}" schema | head -c 1`])
    expect(await piped.output()).toBe('{')
    expect(piped.stderr).toEqual([])
  })
})

function qanat(...args: string[]): Promise<string> {
  return new Program(process.execPath, [QANAT, ...args]).output()
}
