import { WorkbenchError } from '@shared/errors'
import type { EpochEnded } from '@shared/schemas/run'
import type { BatchMaker } from './batches'
import { epochOrder } from './batches'
import { assign, readWeights, saveCheckpoint, startOfRun, toArray, writeWeights } from './checkpoint'
import type { Checkpoint, Progress } from './checkpoint'
import type { TrainingData } from './encode/training-data'
import { breathe, evaluate } from './evaluate'
import type { NamedArray } from './safetensors'
import { learningRateAt } from './schedule'
import type { RunParams } from './settings'
import type { LayersModel, Tensor } from './tf'
import { TrainStep } from './train-step'

/** Samples by their index in `data`, labelled. */
export interface TrainingSet {
  data: TrainingData
  /** Class index per sample of `data`; -1 where unlabelled. */
  labels: Int32Array
  train: Int32Array
  validation: Int32Array
}

export interface LoopEvents {
  epochEnded(epoch: Omit<EpochEnded, 'runId'>): void
  /** Called at every look at the figures, a few times a second at most. */
  progressed(at: { epoch: number; stepInEpoch: number; loss: number | null; samplesPerSecond: number | null }): void
}

interface Validation {
  loss: number | null
  accuracy: number | null
  seconds: number
}

/** How long steps go on without a look at their figures, at messages and at the clock. */
const lookMs = 60
const checkpointMs = 20_000

/** Trains a model epoch by epoch; its whole state is in `progress`, the model's weights, the step's slots and `best`. */
export class TrainingLoop {
  progress: Progress = structuredClone(startOfRun)
  readonly stepsPerEpoch: number
  #best: NamedArray[] | null = null
  #lookedAt = 0
  #savedAt = 0
  #pending: { figures: Tensor; step: number }[] = []
  readonly #step: TrainStep

  constructor(
    private readonly model: LayersModel,
    private readonly params: RunParams,
    private readonly set: TrainingSet,
    private readonly batches: BatchMaker,
    private readonly runDir: string,
    private readonly events: LoopEvents,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.stepsPerEpoch = Math.ceil(set.train.length / params.batchSize)
    this.#step = new TrainStep(model, params)
  }

  /** Continues from a checkpoint exactly where it was taken. */
  restore({ progress, weights, slots, best }: Checkpoint): void {
    this.progress = structuredClone(progress)
    this.#best = best
    writeWeights(this.model, weights)
    this.#step.slots.forEach((slot, i) => assign(slot, slots[i]!))
  }

  /** Trains until the last epoch, an early stop or the signal. Returns which; the model then holds the weights kept. */
  async run(signal: AbortSignal): Promise<'finished' | 'stopped'> {
    this.#lookedAt = this.#savedAt = this.now()
    while (!this.#isOver()) {
      const isWhole = await this.#epoch(signal)
      if (!isWhole) {
        await this.#save()
        if (this.#best) writeWeights(this.model, this.#best)
        return 'stopped'
      }
    }
    this.progress.isFinished = true
    await this.#save()
    if (this.#best) writeWeights(this.model, this.#best)
    return 'finished'
  }

  /** Epoch whose weights are kept, where early stopping chose one. */
  get bestEpoch(): number | null {
    return this.#best ? (this.progress.best?.epoch ?? null) : null
  }

  dispose(): void {
    this.#step.dispose()
    this.#forgetPending()
  }

  #isOver(): boolean {
    const { epoch, best, isFinished } = this.progress
    const isTired = this.params.earlyStopping && best !== null && epoch - best.epoch >= this.params.patience
    return isFinished || epoch >= this.params.epochs || (isTired && this.progress.stepInEpoch === 0)
  }

  /** Trains the rest of the epoch under way; false when the signal came before its end. */
  async #epoch(signal: AbortSignal): Promise<boolean> {
    const { progress, set, params } = this
    const order = epochOrder(set.train.length, params.seed, progress.epoch)
    while (progress.stepInEpoch < this.stepsPerEpoch) {
      if (signal.aborted) {
        this.#look()
        return false
      }
      this.#trainBatch(order)
      if (this.now() - this.#lookedAt < lookMs) continue
      this.#look()
      await breathe()
      if (this.now() - this.#savedAt > checkpointMs) await this.#save()
    }
    this.#look()
    const validation = await this.#validate(signal)
    if (validation === 'stopped') return false
    await this.#closeEpoch(validation)
    return true
  }

  #trainBatch(order: Int32Array): void {
    const { progress, set, params } = this
    const from = progress.stepInEpoch * params.batchSize
    const indices = order.slice(from, from + params.batchSize).map((position) => set.train[position]!)
    const learningRate = learningRateAt(progress.step, this.stepsPerEpoch, params)
    const batch = this.batches.make(indices, progress.step + 1)
    this.#pending.push({ figures: this.#step.run(batch, learningRate, progress.step + 1), step: progress.step + 1 })
    batch.dispose()
    progress.step++
    progress.stepInEpoch++
    progress.running.samples += indices.length
  }

  /** Reads back what the last steps brought, books it with the time they took, and tells of it. */
  #look(): void {
    const { running, epoch, stepInEpoch } = this.progress
    const isNew = this.#pending.length > 0
    for (const { figures, step } of this.#pending) {
      const [loss, right] = Array.from(figures.dataSync()) as [number, number]
      if (!Number.isFinite(loss)) throw this.#diverged(step)
      running.loss += loss
      running.right += right
    }
    this.#forgetPending()
    running.seconds += (this.now() - this.#lookedAt) / 1000
    this.#lookedAt = this.now()
    if (!isNew) return
    this.events.progressed({
      epoch: epoch + 1,
      stepInEpoch,
      loss: running.loss / running.samples,
      samplesPerSecond: running.samples / Math.max(running.seconds, 1e-9),
    })
  }

  #forgetPending(): void {
    this.#pending.forEach(({ figures }) => figures.dispose())
    this.#pending = []
  }

  #diverged(step: number): WorkbenchError {
    return new WorkbenchError(
      'invalid_input',
      `The loss stopped being a number at step ${step} (epoch ${this.progress.epoch + 1}): the weights have diverged. ` +
        `The likely cause is the learning rate of ${this.params.learningRate}; try a tenth of it, or a gradient clip of 1.`,
      { step },
    )
  }

  async #validate(signal: AbortSignal): Promise<Validation | null | 'stopped'> {
    const { model, set } = this
    if (set.validation.length === 0) return null
    const startedAt = this.now()
    try {
      const figures = await evaluate(model, set.data, set.validation, set.labels, signal)
      return { ...figures, seconds: (this.now() - startedAt) / 1000 }
    } catch (error) {
      if (signal.aborted) return 'stopped'
      throw error
    }
  }

  async #closeEpoch(validation: Validation | null): Promise<void> {
    const { progress, params } = this
    const { loss, right, samples, seconds } = progress.running
    const learningRate = learningRateAt(Math.max(0, progress.step - 1), this.stepsPerEpoch, params)
    progress.epoch++
    progress.stepInEpoch = 0
    progress.running = { ...startOfRun.running }
    progress.samplesTrained += samples
    progress.secondsTrained += seconds
    this.#keepBest(validation?.loss ?? null)
    await this.#save()
    this.events.epochEnded({
      epoch: progress.epoch,
      learningRate,
      seconds: seconds + (validation?.seconds ?? 0),
      samplesPerSecond: samples / Math.max(seconds, 1e-9),
      train: { loss: loss / samples, accuracy: right / samples },
      validation: validation && { loss: validation.loss, accuracy: validation.accuracy },
    })
    this.#lookedAt = this.now()
  }

  #keepBest(loss: number | null): void {
    const { progress } = this
    if (loss === null || (progress.best && loss >= progress.best.loss)) return
    progress.best = { epoch: progress.epoch, loss }
    if (this.params.earlyStopping) this.#best = readWeights(this.model)
  }

  async #save(): Promise<void> {
    await saveCheckpoint(this.runDir, {
      progress: this.progress,
      weights: readWeights(this.model),
      slots: this.#step.slots.map((slot, i) => toArray(String(i), slot)),
      best: this.#best,
    })
    this.#savedAt = this.now()
    this.#lookedAt = this.now()
  }
}
