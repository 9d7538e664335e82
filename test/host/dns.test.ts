import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import type { DnsSettings } from '../../src/core/settings/host-settings.js'
import { namespacesMissing } from '../support/network-namespace.js'

const PROGRAM = join(import.meta.dirname, 'dns-ways.mjs')
const OWN = 'nameserver 192.0.2.1\n'
const missing = namespacesMissing('unshare')

describe.skipIf(missing)(`name servers${missing ? `, skipped: ${missing}` : ''}`, () => {
  let folder: string
  let called: string
  beforeEach(() => {
    folder = temporaryFolder()
    called = join(folder, 'called')
  })

  it('are written to /etc/resolv.conf where nobody else keeps it', () => {
    const { way, meanwhile, after, failed } = change(OWN)
    expect(way).toBe('file')
    expect(meanwhile).toMatch(
      /^# Written by Qanat .*\nsearch example\.org\nnameserver 10\.0\.0\.1\nnameserver fd00::1\n$/,
    )
    expect([after, failed]).toEqual([OWN, []])
  })

  it('are told to resolvconf where it is installed, and taken back', () => {
    install('resolvconf')
    const { way, after, failed } = change(OWN)
    expect(way).toBe('resolvconf')
    expect([after, failed]).toEqual([OWN, []])
    expect(calls()).toEqual([
      'resolvconf -a q0 -m 0 -x',
      'nameserver 10.0.0.1',
      'nameserver fd00::1',
      'search example.org',
      'resolvconf -d q0 -f',
    ])
  })

  it('are told to systemd-resolved where it answers, for the device alone, with which they go', () => {
    install('resolvectl')
    install('resolvconf') // as systemd brings it along
    const stub = 'nameserver 127.0.0.53\noptions edns0\n'
    const { way, after } = change(stub)
    expect([way, after]).toEqual(['resolvectl', stub])
    expect(calls()).toEqual(['resolvectl dns q0 10.0.0.1 fd00::1', 'resolvectl domain q0 example.org ~.'])
  })

  it('are told to systemd-resolved with the names in their certificates, and without if it takes none', () => {
    const named = { names: { 'fd00::1': 'dns.example' } }
    install('resolvectl')
    change('nameserver 127.0.0.53\n', '', 'true', named)
    expect(calls()[0]).toBe('resolvectl dns q0 10.0.0.1 fd00::1#dns.example')
    install('resolvectl', `case "$*" in *#*) exit 1; esac`)
    change('nameserver 127.0.0.53\n', '', 'true', named)
    expect(calls().slice(2, 4)).toEqual([
      'resolvectl dns q0 10.0.0.1 fd00::1#dns.example',
      'resolvectl dns q0 10.0.0.1 fd00::1',
    ])
  })

  it('are asked for some domains alone by systemd-resolved', () => {
    install('resolvectl')
    change('nameserver 127.0.0.53\n', '', 'true', { split: { domains: ['corp.example'], isRequired: true } })
    expect(calls()).toEqual([
      'resolvectl dns q0 10.0.0.1 fd00::1',
      'resolvectl domain q0 example.org ~corp.example',
      'resolvectl default-route q0 false',
    ])
  })

  it('are not changed if nobody can ask them for some domains alone, unless wg-quick would ask for all', () => {
    const domains = ['corp.example']
    expect(() => change(OWN, '', 'true', { split: { domains, isRequired: true } })).toThrow(
      'Cannot ask 10.0.0.1, fd00::1 for corp.example alone: that takes systemd-resolved',
    )
    expect(readFileSync(join(folder, 'resolv.conf'), 'utf8')).toBe(OWN)
    expect(change(OWN, '', 'true', { split: { domains, isRequired: false } }).meanwhile).toContain(
      'nameserver 10.0.0.1',
    )
  })

  it('are taken back while the device stays, in each way, and nothing is left to be restored', () => {
    const { way, after, failed } = change(OWN, 'restore')
    expect([way, after, failed]).toEqual(['file', OWN, []])
    install('resolvconf')
    expect(change(OWN, 'restore').failed).toEqual([])
    expect(calls().at(-1)).toBe('resolvconf -d q0 -f')
    install('resolvectl')
    expect(change('nameserver 127.0.0.53\n', 'restore').way).toBe('resolvectl')
    expect(calls().at(-1)).toBe('resolvectl revert q0')
  })

  it.each([
    [
      'is read-only',
      'mount -o remount,bind,ro /etc/resolv.conf',
      "its file system is read-only; mount it writable, or give the name servers to the container (--dns) and take 'dns' out of the tunnel's file",
    ],
    [
      'is immutable',
      'chattr +i /etc/resolv.conf',
      'it is immutable or append-only; run "chattr -i -a /etc/resolv.conf"',
    ],
    [
      'leads to a folder that is not there',
      'mount -t tmpfs none /etc && ln -s ../run/none/resolv.conf /etc',
      'it is a link to /run/none/resolv.conf, whose folder is missing; start the program that makes it, or run "rm /etc/resolv.conf"',
    ],
  ])('are not changed if /etc/resolv.conf %s, and one line says what to do', (_state, setUp, line) => {
    expect(() => change(OWN, '', setUp)).toThrow(
      `HostError: Cannot write the name servers to /etc/resolv.conf: ${line}\n`,
    )
    expect(readFileSync(join(folder, 'resolv.conf'), 'utf8')).toBe(OWN)
    execFileSync('chattr', ['-i', join(folder, 'resolv.conf')])
  })

  /** Runs the program where /etc/resolv.conf says this, and the installed programs are found before others. */
  function change(
    nameServers: string,
    restore = '',
    setUp = 'true',
    more: Partial<DnsSettings> = {},
  ): { way: string; meanwhile: string; after: string; failed: unknown[] } {
    const file = join(folder, 'resolv.conf')
    writeFileSync(file, nameServers)
    const run = `mount --bind ${file} /etc/resolv.conf && ${setUp} && exec ${process.execPath} ${PROGRAM} ${folder}/journal ${folder} '${restore}' '${JSON.stringify(more)}'`
    return JSON.parse(
      execFileSync('unshare', ['--mount', 'sh', '-c', run], { encoding: 'utf8', stdio: 'pipe' }),
    )
  }

  /** A program that writes down how it was called, and what it was told. */
  function install(name: string, then = 'true'): void {
    const script = `#!/bin/sh\necho ${name} "$@" >> ${called}\ncat >> ${called}\n${then}\n`
    writeFileSync(join(folder, name), script, { mode: 0o755 })
  }

  function calls(): string[] {
    return existsSync(called) ? readFileSync(called, 'utf8').trim().split('\n') : []
  }
})
