import type { Plan } from '@shared/schemas/run'
import { namesIn, regionsIn } from '@shared/masks'
import { modalityFacts } from '@shared/modalities'
import type { Family } from './families/define'
import { outputsOf } from './objective'
import type { RunParams } from './settings'
import type { PlanInput } from './snapshot'

type Problem = Plan['problems'][number]
type Facts = Pick<PlanInput, 'modality' | 'task' | 'classes' | 'fields' | 'splits' | 'trainPerClass'> & {
  inputShape: number[]
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
/** Labelled samples of the training split. */
const trainedOn = ({ task, splits, trainPerClass }: Pick<Facts, 'task' | 'splits' | 'trainPerClass'>) =>
  task === 'regression' ? splits.train : sum(trainPerClass)
const quoted = (names: string[]) => names.map((name) => `"${name}"`).join(', ')

/** Why this configuration cannot be trained on this data, each with what to do. Empty when it can. */
export function findProblems(family: Family, params: RunParams, facts: Facts): Problem[] {
  const data = dataProblems(facts)
  if (data.length > 0) return data
  const { inputShape, classes } = facts
  const classCount = outputsOf(params, classes.length)
  const input = { params: params as never, inputShape, classCount, seed: params.seed }
  return [...settingProblems(family, params, facts), ...(family.check?.(input) ?? [])]
}

const problem = (message: string): Problem[] => [{ param: null, message }]

function dataProblems(facts: Facts): Problem[] {
  const { modality, fields, inputShape } = facts
  const ofTarget = facts.task === 'regression' ? numberProblems(facts) : classProblems(facts)
  if (ofTarget.length > 0) return ofTarget
  if (modality === 'text' && fields.length === 0)
    return problem('No column is read. Make the column that holds the texts an input.')
  if (modality === 'table' && inputShape[0] === 0)
    return problem('No field is left as an input. Make at least one field an input of the models.')
  return []
}

const numberProblems = ({ splits }: Facts): Problem[] =>
  splits.train > 0
    ? []
    : problem('No sample of the training split has a number to predict. Split the dataset, or choose another target.')

function classProblems({ classes, trainPerClass, splits }: Facts): Problem[] {
  if (classes.length === 0) return problem('No sample has a label yet. Label some of each class first.')
  if (classes.length === 1)
    return problem(`There is only one class, "${classes[0]}". A classifier needs samples of at least two.`)
  if (sum(trainPerClass) === 0)
    return problem(
      splits.train > 0
        ? 'No sample of the training split has a label. Label some of each class first.'
        : 'No sample is in the training split. Split the dataset first.',
    )
  const absent = classes.filter((_, k) => !trainPerClass[k])
  if (absent.length > 0)
    return problem(`The training split has no sample of ${quoted(absent)}. Split anew, or label more of it.`)
  return []
}

function settingProblems(family: Family, params: RunParams, facts: Facts): Problem[] {
  const { modality, splits, fields, task = 'classification' } = facts
  const trained = trainedOn(facts)
  const problems: Problem[] = []
  const add = (param: string, message: string) => problems.push({ param, message })
  if (!family.modalities.includes(modality)) {
    const kinds = family.modalities.map((kind) => modalityFacts[kind].many).join(' and ')
    problems.push({ param: null, message: `${family.title} is for ${kinds}; choose another family for this dataset.` })
  }
  if (!family.tasks.includes(task))
    problems.push({ param: null, message: `${family.title} tells classes apart; it cannot predict a number.` })
  if (params.batchSize > trained)
    add('batchSize', `A batch of ${params.batchSize} is larger than the training split's ${trained} labelled samples.`)
  if (params.earlyStopping && splits.validation === 0)
    add(
      'earlyStopping',
      'Early stopping watches the validation loss, but the validation split is empty. Split with a validation share, or turn it off.',
    )
  if (regionsIn(params.maskRegions) === null)
    add(
      'maskRegions',
      `A covered region is "left, top, width, height" in percent of the picture, e.g. "0, 0, 10, 10"; got "${params.maskRegions}".`,
    )
  const unknown = namesIn(params.maskFields).filter((name) => !fields.some((field) => field.name === name))
  if (unknown.length > 0)
    add(
      'maskFields',
      `There is no input field ${quoted(unknown)} to leave out. There are: ${quoted(fields.map(({ name }) => name))}.`,
    )
  if (params.weightDecay > 0 && params.optimizer !== 'adamw')
    add(
      'weightDecay',
      `Weight decay works with the optimizer adamw only, not with ${params.optimizer}. Take adamw, or the L2 penalty.`,
    )
  if (params.schedule === 'warmup-cosine' && params.warmupEpochs >= params.epochs)
    add(
      'warmupEpochs',
      `A warm-up of ${params.warmupEpochs} epochs leaves nothing of ${params.epochs} epochs. Make it shorter.`,
    )
  return problems
}

/** What will probably disappoint, though it can be started. */
export function findWarnings(params: RunParams, { modality, classes, fields, splits }: Facts): string[] {
  const warnings: string[] = []
  const { shift, rotate, zoom, brightness } = params
  if (splits.test === 0) warnings.push('The test split is empty, so there will be no figures on unseen samples.')
  if (params.schedule === 'step' && params.stepEpochs >= params.epochs)
    warnings.push(`The learning rate never steps down: the first step is at epoch ${params.stepEpochs}.`)
  if (params.earlyStopping && params.patience >= params.epochs)
    warnings.push(`Early stopping cannot act: its patience of ${params.patience} epochs is as long as the run.`)
  if (params.optimizer !== 'sgd' && params.optimizer !== 'momentum' && params.learningRate > 0.05)
    warnings.push(`A learning rate of ${params.learningRate} is high for ${params.optimizer}; the run may diverge.`)
  if (modality === 'series' || modality === 'text' || modality === 'graph') return warnings
  if (modality === 'table') {
    if (params.excludeSensitive && !fields.some((field) => field.isSensitive))
      warnings.push('No field is marked as sensitive, so none is left out.')
    return warnings
  }
  if (params.augment && !params.flipHorizontal && shift + rotate + zoom + brightness === 0)
    warnings.push('Augmentation is on, but every change is set to nothing.')
  if (params.augment && params.flipHorizontal && classes.every((name) => [...name].length === 1))
    warnings.push('The classes look like digits or letters: mirrored ones are not the same sign any more.')
  return warnings
}

/** Defaults (not what was asked for) that yield to the data, so that a default run can always start. */
export function fitDefaults(params: RunParams, asked: object, facts: Facts): RunParams {
  const fitted = { ...params }
  const { modality, splits } = facts
  const trained = trainedOn(facts)
  // Each step computes the whole graph, so it may as well learn from all of its labelled nodes.
  if (!('batchSize' in asked) && modality === 'graph' && trained > 0) fitted.batchSize = Math.min(8192, trained)
  else if (!('batchSize' in asked) && trained > 0 && fitted.batchSize > trained)
    fitted.batchSize = 2 ** Math.floor(Math.log2(trained))
  if (!('earlyStopping' in asked) && splits.validation === 0) fitted.earlyStopping = false
  if (!('warmupEpochs' in asked) && fitted.warmupEpochs >= fitted.epochs) fitted.warmupEpochs = fitted.epochs / 10
  return fitted
}

/** A vocabulary no larger than the words there are, so that no vector is kept for none. */
export const fitVocabulary = (params: RunParams, words: number | undefined): RunParams =>
  words === undefined || !('vocabularySize' in params)
    ? params
    : { ...params, vocabularySize: Math.max(1, Math.min(params.vocabularySize, words)) }
