package peers;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.KeyValueStore;

/** An event index: lets an event through once, however often it is sent, and none that takes the id of another. */
final class Once implements FixedKeyProcessor<String, Event, Event> {

    static final String STORE = "events";

    private FixedKeyProcessorContext<String, Event> context;
    private KeyValueStore<byte[], byte[]> events;
    private MessageDigest digest;

    @Override
    public void init(FixedKeyProcessorContext<String, Event> context) {
        this.context = context;
        events = context.getStateStore(STORE);
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }

    @Override
    public void process(FixedKeyRecord<String, Event> record) {
        Event event = record.value();
        byte[] named = (event.source() + '\0' + event.id()).getBytes(StandardCharsets.UTF_8);
        byte[] identity = Arrays.copyOf(digest.digest(named), 16);
        byte[] content = digest.digest(event.stored());
        byte[] known = events.putIfAbsent(identity, content);
        if (known == null) {
            context.forward(record);
        } else if (!Arrays.equals(known, content)) {
            System.err.printf("refused: %s says something else than before%n", event.id());
        }
    }
}
