"""Log-mel features by kaldi-native-fbank, which has one thread."""
import worker

OPTIONS = worker.options("kaldi-native-fbank")


def make(name):
    if name != "w8.log-mel":
        return None
    import kaldi_native_fbank
    import numpy
    settings = kaldi_native_fbank.FbankOptions()
    settings.frame_opts.dither = 0
    settings.mel_opts.num_bins = 80
    signal = numpy.random.default_rng(1).standard_normal((1 if OPTIONS.tiny else 600) * 16000, dtype=numpy.float32) * 0.1

    def features():
        extractor = kaldi_native_fbank.OnlineFbank(settings)
        extractor.accept_waveform(16000, signal * 32768)
        extractor.input_finished()
        return numpy.stack([extractor.get_frame(i) for i in range(extractor.num_frames_ready)])
    return features


worker.serve(make)
