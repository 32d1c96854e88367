package kpl;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Puts the records of stdin, a line each: key in Base64, explicit hash key or -, data in Base64; separated by tabs. */
public final class Produce {
    public static void main(String[] args) throws Exception {
        try (Kpl kpl = new Kpl(args[0], Integer.parseInt(args[1]), args[2]);
                BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            Base64.Decoder base64 = Base64.getDecoder();
            // The library aggregates once it knows the stream's shards; it asks for them with the first record.
            kpl.put("warm-up", null, new byte[0]);
            kpl.flush(1);
            Thread.sleep(1500);
            long records = 1;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] fields = line.split("\t", -1);
                String key = new String(base64.decode(fields[0]), StandardCharsets.UTF_8);
                kpl.put(key, fields[1].equals("-") ? null : fields[1], base64.decode(fields[2]));
                records++;
            }
            kpl.flush(records);
        }
        System.exit(0);
    }
}
