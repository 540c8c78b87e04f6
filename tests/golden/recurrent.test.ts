import { describe } from 'vitest'
import { testRecurrent } from '../conformance/recurrent-battery'

describe('PyTorch and Keras agree with the recurrent layers', () => testRecurrent({ training: false }))
