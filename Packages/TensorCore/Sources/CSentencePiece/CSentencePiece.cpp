// SentencePiece behind a C interface: see CSentencePiece.h.

#include "CSentencePiece.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

using sentencepiece::util::Status;

struct csp_model {
    sentencepiece::SentencePieceProcessor processor;
};

namespace {

struct Result : csp_result {
    std::string message;
    std::string text;
    std::vector<size_t> limits;
    std::vector<int> numbers;

    void append(const std::string &string) {
        text += string;
        limits.push_back(text.size());
    }
};

std::string_view view(const void *bytes, size_t count) { return {static_cast<const char *>(bytes), count}; }

// Runs `body`, which fills the result and returns a status, and turns whatever goes wrong into the result's error.
template <typename Body> csp_result *result_of(Body body) {
    auto *result = new (std::nothrow) Result{};
    if (result == nullptr) return nullptr;
    try {
        const Status status = body(*result);
        if (!status.ok()) {
            result->message = status.message();
            result->error = result->message.c_str();
        }
    } catch (const std::bad_alloc &) {
        delete result;
        return nullptr;
    } catch (...) {
        result->error = "an exception of the library";
    }
    result->bytes = reinterpret_cast<const uint8_t *>(result->text.data());
    result->byte_count = result->text.size();
    result->ends = result->limits.data();
    result->end_count = result->limits.size();
    result->ids = result->numbers.data();
    result->id_count = result->numbers.size();
    return result;
}

// Strings one after another: see csp_result.
struct List {
    const void *bytes;
    const size_t *ends;
    size_t count;

    std::string operator[](size_t index) const {
        const size_t start = index == 0 ? 0 : ends[index - 1];
        return {static_cast<const char *>(bytes) + start, ends[index] - start};
    }
};

class Sentences : public sentencepiece::SentenceIterator {
  public:
    explicit Sentences(List list) : list(list) { read(); }

    bool done() const override { return index == list.count; }
    void Next() override {
        index++;
        read();
    }
    const std::string &value() const override { return sentence; }
    Status status() const override { return Status(); }

  private:
    List list;
    size_t index = 0;
    std::string sentence;

    void read() {
        if (!done()) sentence = list[index];
    }
};

} // namespace

void csp_release(csp_result *result) { delete static_cast<Result *>(result); }

csp_result *csp_train(const void *options, const size_t *option_ends, size_t option_count, const void *bytes,
                      const size_t *ends, size_t sentence_count) {
    return result_of([&](Result &result) {
        const List list{options, option_ends, option_count};
        // Only what ends the process is printed; all else comes back as a status.
        std::unordered_map<std::string, std::string> map{{"minloglevel", "3"}};
        for (size_t i = 0; i + 1 < option_count; i += 2) map[list[i]] = list[i + 1];
        Sentences sentences({bytes, ends, sentence_count});
        return sentencepiece::SentencePieceTrainer::Train(map, &sentences, &result.text);
    });
}

csp_result *csp_load(const void *bytes, size_t byte_count, csp_model **model) {
    *model = nullptr;
    return result_of([&](Result &) {
        std::unique_ptr<csp_model> loaded(new csp_model);
        const Status status = loaded->processor.LoadFromSerializedProto(view(bytes, byte_count));
        if (status.ok()) *model = loaded.release();
        return status;
    });
}

void csp_free(csp_model *model) { delete model; }

csp_result *csp_ids(const csp_model *model, const void *text, size_t byte_count) {
    return result_of([&](Result &result) { return model->processor.Encode(view(text, byte_count), &result.numbers); });
}

csp_result *csp_pieces(const csp_model *model, const void *text, size_t byte_count) {
    return result_of([&](Result &result) {
        std::vector<std::string> pieces;
        const Status status = model->processor.Encode(view(text, byte_count), &pieces);
        for (const auto &piece : pieces) result.append(piece);
        return status;
    });
}

csp_result *csp_text(const csp_model *model, const int *ids, size_t id_count) {
    return result_of(
        [&](Result &result) { return model->processor.Decode(std::vector<int>(ids, ids + id_count), &result.text); });
}

int csp_count(const csp_model *model) { return model->processor.GetPieceSize(); }

csp_result *csp_vocabulary(const csp_model *model) {
    return result_of([&](Result &result) {
        const int count = csp_count(model);
        for (int id = 0; id < count; id++) result.append(model->processor.IdToPiece(id));
        return Status();
    });
}

float csp_score(const csp_model *model, int id) { return model->processor.GetScore(id); }

int csp_id(const csp_model *model, const void *piece, size_t byte_count) {
    return model->processor.PieceToId(view(piece, byte_count));
}

void csp_specials(const csp_model *model, int ids[4]) {
    const auto &processor = model->processor;
    ids[0] = processor.bos_id(), ids[1] = processor.pad_id(), ids[2] = processor.eos_id(), ids[3] = processor.unk_id();
}
