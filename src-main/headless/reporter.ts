import type { EpochEnded, EpochFigures, RunProgressed } from '@shared/schemas/run'
import type { LogEntry, TaskProgressed } from '@shared/schemas/workspace'
import type { Workbench } from '../workbench'

const everyMs = 250
const everyMsWithoutTerminal = 5000

/** Progress and logs for people, on standard error: one line that is rewritten in a terminal, sparse lines elsewhere. */
export class Reporter {
  #hasOpenLine = false
  #shownAt = 0

  constructor(private readonly stream: NodeJS.WriteStream) {}

  /** Shows what the workbench tells; returns how to stop. */
  follow(workbench: Workbench): () => void {
    const offs = [
      workbench.on('tasks.progressed', (task) => this.#progress(describeTask(task), task.state !== 'running')),
      workbench.on('runs.progressed', (run) => this.#progress(describeStep(run), false)),
      workbench.on('runs.epochEnded', (epoch) => this.note(describeEpoch(epoch))),
      workbench.on('workspace.logged', (entry) => this.#log(entry)),
    ]
    return () => {
      offs.forEach((off) => off())
      this.#closeLine()
    }
  }

  /** A line that stays. */
  note(text: string): void {
    this.#closeLine()
    this.stream.write(`${text}\n`)
  }

  #progress(text: string, isLast: boolean): void {
    const now = Date.now()
    const wait = this.stream.isTTY ? everyMs : everyMsWithoutTerminal
    if (!isLast && now - this.#shownAt < wait) return
    this.#shownAt = now
    if (!this.stream.isTTY) return void this.stream.write(`${text}\n`)
    this.stream.write(`\r\u001b[K${text.slice(0, (this.stream.columns || 80) - 1)}${isLast ? '\n' : ''}`)
    this.#hasOpenLine = !isLast
  }

  #log({ level, source, message }: LogEntry): void {
    if (level === 'warn' || level === 'error') this.note(`${level}: ${source}: ${message}`)
  }

  #closeLine(): void {
    if (this.#hasOpenLine) this.stream.write('\r\u001b[K')
    this.#hasOpenLine = false
  }
}

const count = (value: number) => value.toLocaleString('en').replaceAll(',', ' ')
const percent = (value: number | null) => (value === null ? '–' : `${(value * 100).toFixed(1)} %`)
const loss = (value: number | null) => (value === null ? '–' : value.toFixed(4))

function describeTask({ title, done, total, unit, ratePerSecond, state }: TaskProgressed): string {
  const amount = total === null ? count(done) : `${count(done)} of ${count(total)}`
  const rate = ratePerSecond === null ? '' : `, ${count(Math.round(ratePerSecond))} a second`
  return `${title}: ${amount} ${unit}${rate}${state === 'running' ? '' : ` (${state})`}`
}

function describeStep({ epoch, epochs, step, steps, samplesPerSecond, secondsLeft, phase }: RunProgressed): string {
  if (phase !== 'training') return `${phase} …`
  const rate = samplesPerSecond === null ? '' : `, ${count(Math.round(samplesPerSecond))} samples a second`
  const left = secondsLeft === null ? '' : `, ${Math.ceil(secondsLeft)} s left`
  return `epoch ${epoch} of ${epochs}, step ${step} of ${steps}${rate}${left}`
}

function describeEpoch({ epoch, train, validation }: EpochEnded): string {
  const told = (figures: EpochFigures) =>
    `loss ${loss(figures.loss)} ` +
    (figures.mae === undefined ? `accuracy ${percent(figures.accuracy)}` : `mean absolute error ${loss(figures.mae)}`)
  return `epoch ${epoch}: train ${told(train)}${validation ? `, validation ${told(validation)}` : ''}`
}
