// What decorates classes needs this polyfill before anything is decorated.
import 'reflect-metadata'

/** Qanat's own copy of tsyringe, the only one whose decorators a plugin's container knows. */
export * from 'tsyringe'
