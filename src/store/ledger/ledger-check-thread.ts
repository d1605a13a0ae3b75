import { parentPort, workerData } from 'node:worker_threads'
import { checkLedgerNow } from './ledger-check.ts'

parentPort?.postMessage(checkLedgerNow(workerData as string))
