import { WorkbenchError } from '@shared/errors'
import type { EpochEnded, EpochFigures } from '@shared/schemas/run'
import { epochOrder } from './batches'
import { saveCheckpoint, startOfRun } from './checkpoint'
import type { Checkpoint, Progress } from './checkpoint'
import type { TrainingData } from './encode/training-data'
import { breathe, evaluate, evaluationBatch } from './evaluate'
import type { NamedArray } from './safetensors'
import { objectiveOf, type Objective } from './objective'
import { learningRateAt } from './schedule'
import type { RunParams } from './settings'
import { LossIsNoNumber, type PlannedStep, type Stepper } from './stepper'
import { averagedWeights } from './weight-average'

/** Samples by their index in `data`, labelled. */
export interface TrainingSet {
  data: TrainingData
  /** Class index per sample of `data`, -1 where unlabelled; as floats the number to be predicted, standardised. */
  labels: Int32Array | Float32Array
  /** Of numbers: what an error of 1 is in the units of the target. */
  deviation?: number
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
  right: number | null
  seconds: number
}

/** How long steps go on without a look at their figures, at messages and at the clock. */
const lookMs = 60
const checkpointMs = 20_000
/** Epochs shorter than this do not each get a checkpoint: writing would take longer than training. */
const epochCheckpointMs = 1000
/** A call of several steps must leave room for a look. */
const callMs = 20

/** Trains epoch by epoch; the whole state is in `progress`, the stepper's weights and slots, and `best`. */
export class TrainingLoop {
  progress: Progress = structuredClone(startOfRun)
  readonly stepsPerEpoch: number
  readonly #objective: Objective
  #best: NamedArray[] | null = null
  #lookedAt = 0
  #savedAt = 0
  #isLookDue = false
  #msPerStep = Infinity

  /** @param explain says why the loss of a step is no number, in a sentence */
  constructor(
    private readonly stepper: Stepper,
    private readonly params: RunParams,
    private readonly set: TrainingSet,
    private readonly runDir: string,
    private readonly events: LoopEvents,
    private readonly explain: (failed: PlannedStep) => string,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.stepsPerEpoch = Math.ceil(set.train.length / params.batchSize)
    this.#objective = objectiveOf(params)
  }

  /** Continues from a checkpoint exactly where it was taken. */
  restore({ progress, weights, slots, best }: Checkpoint): void {
    const own = structuredClone(progress)
    this.progress = { ...own, updates: (own as Partial<Progress>).updates ?? own.step } // older ones counted none
    this.#best = best
    this.stepper.setWeights(weights)
    this.stepper.setSlots(slots, progress.step)
  }

  /** Trains until the last epoch, an early stop or the signal. Returns which; the stepper then holds the weights kept. */
  async run(signal: AbortSignal): Promise<'finished' | 'stopped'> {
    this.#lookedAt = this.#savedAt = this.now()
    while (!this.#isOver()) {
      const isWhole = await this.#epoch(signal)
      if (!isWhole) {
        await this.#save()
        this.#settle()
        return 'stopped'
      }
    }
    this.progress.isFinished = true
    await this.#save()
    this.#settle()
    return 'finished'
  }

  /** Puts in place the weights that the run answers with. */
  #settle(): void {
    if (this.#best) this.stepper.setWeights(this.#best)
    else if (this.params.averageWeights > 0) this.stepper.setWeights(this.#answering())
  }

  /** The weights that answer: those of the last step, or their average where that is asked for. */
  #answering(): NamedArray[] {
    const { averageWeights: decay } = this.params
    return decay > 0 ? averagedWeights(this.stepper, decay, this.progress.updates) : this.stepper.weights()
  }

  /** Epoch whose weights are kept, where early stopping chose one. */
  get bestEpoch(): number | null {
    return this.#best ? (this.progress.best?.epoch ?? null) : null
  }

  #isOver(): boolean {
    const { epoch, best, isFinished } = this.progress
    const isTired = this.params.earlyStopping && best !== null && epoch - best.epoch >= this.params.patience
    return isFinished || epoch >= this.params.epochs || (isTired && this.progress.stepInEpoch === 0)
  }

  /** Trains the rest of the epoch under way; false when the signal came before its end. */
  async #epoch(signal: AbortSignal): Promise<boolean> {
    const { progress, set, params } = this
    const order = epochOrder(set.train, params.seed, progress.epoch, set.data.blockRows)
    while (progress.stepInEpoch < this.stepsPerEpoch) {
      if (signal.aborted) {
        this.#look()
        return false
      }
      this.#trainNext(order)
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

  /** Takes the next step, or as many as one call takes where that is quick. */
  #trainNext(order: Int32Array): void {
    const { progress, set, params, stepper } = this
    const whole = Math.floor(set.train.length / params.batchSize) - progress.stepInEpoch
    const isQuick = stepper.stepsPerCall <= whole && stepper.stepsPerCall * this.#msPerStep < callMs
    const steps = Array.from({ length: isQuick ? stepper.stepsPerCall : 1 }, (_, k) => this.#plan(order, k))
    const startedAt = this.now()
    const figures = this.#train(steps)
    this.#msPerStep = (this.now() - startedAt) / steps.length
    figures.forEach(({ loss, right }, k) => {
      progress.running.loss += loss
      progress.running.right += right
      progress.running.samples += steps[k]!.indices.length
    })
    progress.step += steps.length
    progress.updates += steps.length
    progress.stepInEpoch += steps.length
    this.#isLookDue = true
  }

  #plan(order: Int32Array, ahead: number): PlannedStep {
    const { progress, set, params } = this
    const from = (progress.stepInEpoch + ahead) * params.batchSize
    const step = progress.step + ahead
    return {
      indices: order.slice(from, from + params.batchSize).map((position) => set.train[position]!),
      learningRate: learningRateAt(step, this.stepsPerEpoch, params),
      step: step + 1,
    }
  }

  #train(steps: PlannedStep[]) {
    try {
      return this.stepper.train(steps)
    } catch (error) {
      if (!(error instanceof LossIsNoNumber)) throw error
      const { step } = error.planned
      const message = `The loss stopped being a number at step ${step} (epoch ${this.progress.epoch + 1}): `
      throw new WorkbenchError('invalid_input', message + this.explain(error.planned), { step })
    }
  }

  /** Books the time that the last steps took, and tells of them. */
  #look(): void {
    const { running, epoch, stepInEpoch } = this.progress
    running.seconds += (this.now() - this.#lookedAt) / 1000
    this.#lookedAt = this.now()
    if (!this.#isLookDue) return
    this.#isLookDue = false
    this.events.progressed({
      epoch: epoch + 1,
      stepInEpoch,
      loss: running.loss / running.samples,
      samplesPerSecond: running.samples / Math.max(running.seconds, 1e-9),
    })
  }

  async #validate(signal: AbortSignal): Promise<Validation | null | 'stopped'> {
    const { stepper, set } = this
    if (set.validation.length === 0) return null
    const startedAt = this.now()
    const own = this.params.averageWeights > 0 ? stepper.weights() : null
    if (own) stepper.setWeights(this.#answering())
    try {
      const predict = (indices: Int32Array) => stepper.predict(indices)
      const size = evaluationBatch(set.data.size)
      const figures = await evaluate(predict, this.#objective, set.validation, set.labels, size, signal)
      return { ...figures, seconds: (this.now() - startedAt) / 1000 }
    } catch (error) {
      if (signal.aborted) return 'stopped'
      throw error
    } finally {
      if (own) stepper.setWeights(own)
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
    if (progress.epoch === 1 || this.now() - this.#savedAt >= epochCheckpointMs) await this.#save()
    this.events.epochEnded({
      epoch: progress.epoch,
      learningRate,
      seconds: seconds + (validation?.seconds ?? 0),
      samplesPerSecond: samples / Math.max(seconds, 1e-9),
      train: this.#figures(loss / samples, right / samples),
      validation: validation && this.#figures(validation.loss, validation.right),
    })
    await breathe() // whoever hears of the epoch may stop the run for it
    this.#lookedAt = this.now()
  }

  #figures(loss: number | null, right: number | null): EpochFigures {
    if (this.#objective.task === 'classification') return { loss, accuracy: right }
    return { loss, accuracy: null, mae: right === null ? null : right * (this.set.deviation ?? 1) }
  }

  #keepBest(loss: number | null): void {
    const { progress } = this
    if (loss === null || (progress.best && loss >= progress.best.loss)) return
    progress.best = { epoch: progress.epoch, loss }
    if (this.params.earlyStopping) this.#best = this.#answering()
  }

  async #save(): Promise<void> {
    await saveCheckpoint(this.runDir, {
      progress: this.progress,
      weights: this.stepper.weights(),
      slots: this.stepper.slots(),
      best: this.#best,
    })
    this.#savedAt = this.now()
    this.#lookedAt = this.now()
  }
}
