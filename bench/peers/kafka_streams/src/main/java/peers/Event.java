package peers;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;

/** A CloudEvent of the ledger, as far as the counts need it. `stored` are its bytes. */
@JsonIgnoreProperties(ignoreUnknown = true)
record Event(String id, String source, String type, String time, Data data, byte[] stored) {

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Data(
            String place,
            @JsonProperty("handle_due") String handleDue,
            List<Called> units,
            boolean resolved,
            String satisfaction) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Called(String unit) {}

    private static final ObjectReader READER = new ObjectMapper().readerFor(Event.class);
    private static final AtomicBoolean BEGUN = new AtomicBoolean();

    /** Reads the stored JSON; says on standard output when the first record came. */
    static final Deserializer<Event> DESERIALIZER = (topic, bytes) -> {
        if (BEGUN.compareAndSet(false, true)) {
            System.out.printf("first %.3f%n", System.currentTimeMillis() / 1000.0);
        }
        try {
            Event event = READER.readValue(bytes);
            return new Event(event.id, event.source, event.type, event.time, event.data, bytes);
        } catch (IOException error) {
            throw new SerializationException(error);
        }
    };
}
