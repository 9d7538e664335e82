// tsyringe needs the Reflect polyfill before any decorated class is loaded.
import 'reflect-metadata'
