import { beforeAll } from 'vitest'
import { type Certificate, TestAuthority } from '../../../../lab/certificates.js'
import type { Lab } from '../../../../lab/lab.js'

/** An authority, and the certificate that it issued to the far host. */
export interface GroupCertificate {
  readonly authority: TestAuthority
  readonly certificate: Certificate
}

/** A certificate for the far host of a lab, issued before the first of a group of tests. */
export function groupCertificate(lab: Lab): GroupCertificate {
  const group = {} as { -readonly [Name in keyof GroupCertificate]: GroupCertificate[Name] }
  beforeAll(() => {
    group.authority = new TestAuthority()
    group.certificate = group.authority.issue(lab.far.ipv4)
  })
  return group
}
